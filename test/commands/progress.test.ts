import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';

const objects = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => `---\napiVersion: v1\nkind: Namespace\nmetadata: { name: n${i} }\n`,
  ).join('');

let folder = '';
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('the progress of a long command on a terminal', () => {
  const columns = 80;

  it('of lint says how many objects of all are checked, and is erased before the report', async () => {
    const { out, err } = await runSallyport(['lint', '-'], { stdin: objects(201), columns });
    expect(err).toBe('\r\u001B[Kchecked 20 of 201 objects\r\u001B[K');
    expect(out).toContain('of 201 objects checked');
  });
  it('of lint says how many files are read', async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => writeFile(path.join(folder, `${i}.yaml`), objects(1))),
    );
    const { err } = await runSallyport(['lint', folder], { columns });
    expect(err).toBe('\r\u001B[Kread 100 files\r\u001B[Kchecked 20 of 100 objects\r\u001B[K');
  });
  it('of audit says how many objects are checked', async () => {
    const { err } = await runSallyport(['audit', '-'], { stdin: objects(2), columns });
    expect(err).toMatch(/^\r\u001B\[Kchecked 1 object\r\u001B\[K/);
  });
  it.each([
    ['without a terminal', []],
    ['with --quiet', ['--quiet']],
  ])('is not shown %s', async (_when, args) => {
    const given = { stdin: objects(201), ...(args.length > 0 ? { columns } : {}) };
    for (const command of ['lint', 'audit'])
      expect((await runSallyport([command, '-', ...args], given)).err).toBe('');
  });
});
