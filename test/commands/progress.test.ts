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
  const at = (time: number) => () => time;

  it('of lint says how many objects of all are checked, and is erased before the report', async () => {
    const { out, err } = await runSallyport(['lint', '-'], { stdin: objects(201), columns, now: at(0) });
    expect(err).toBe('\r\u001B[Kchecked 20 of 201 objects\r\u001B[K');
    expect(out).toContain('of 201 objects checked');
  });
  it('of lint says how many files are read, then how many objects are checked', async () => {
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => writeFile(path.join(folder, `${i}.yaml`), objects(1))),
    );
    let time = 0;
    const { err } = await runSallyport(['lint', folder], { columns, now: () => (time += 100) });
    expect(err.split('\r\u001B[K')).toEqual([
      '',
      'read 100 files',
      ...[20, 40, 60, 80].map((done) => `checked ${done} of 100 objects`),
      '',
    ]);
  });
  it('of audit says how many objects are checked', async () => {
    const { err } = await runSallyport(['audit', '-'], { stdin: objects(2), columns, now: at(0) });
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
