import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findingsIn } from '../support/findings.ts';
import { runSallyport } from '../support/terminal.ts';

const server = (name: string, header = 'Authorization') => `---
apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata: { name: ${name}, namespace: tools }
spec:
  remoteUrl: https://example.com/mcp
  headerForward:
    addPlaintextHeaders: { ${header}: hunter2 }
`;

let folder = '';
let baseline = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
  baseline = path.join(folder, 'baseline.json');
});
afterEach(() => rm(folder, { recursive: true }));

const lint = (stdin: string, ...args: string[]) =>
  runSallyport(['lint', '-', '--baseline', baseline, ...args], { stdin });
const update = (stdin: string, ...args: string[]) => lint(stdin, '--update-baseline', ...args);

describe('lint with a baseline', () => {
  it('neither reports nor fails for a finding of the baseline, and counts it', async () => {
    expect(await update(server('a'))).toMatchObject({
      code: 0,
      err: `${baseline} has 1 finding: 1 added, 0 removed.\n`,
    });
    expect(await lint(server('a'))).toEqual({
      code: 0,
      out: '1 MCP resource of 1 object checked; 0 errors, 0 warnings, 0 notes; 1 finding in the baseline.\n',
      err: '',
    });
  });
  it('reports and fails for a new finding alone', async () => {
    await update(server('a'));
    const { code, out } = await lint(server('a') + server('b'), '-o', 'json');
    expect(code).toBe(1);
    expect(findingsIn<{ object: { name: string } }>(out).map(({ object }) => object.name)).toEqual(['b']);
    expect(JSON.parse(out)).toMatchObject({ summary: { errors: 1, accepted: 1 } });
  });
  it('recognizes a finding on another line and in another file', async () => {
    await update(server('a'));
    const file = path.join(folder, 'moved.yaml');
    await writeFile(file, `# moved\n${server('a')}`);
    expect((await runSallyport(['lint', file, '--baseline', baseline])).code).toBe(0);
  });
  it('does not accept the same credential under another header', async () => {
    await update(server('a'));
    expect((await lint(server('a', 'X-Api-Key'))).code).toBe(1);
  });
  it('names a finding that no longer exists, and the update removes it', async () => {
    await update(server('a') + server('b'));
    const mended = server('a') + server('b').replace(/ {2}headerForward[^]*$/, '');
    expect((await lint(mended)).err).toBe(
      `1 finding of ${baseline} no longer exists; to remove it, add --update-baseline:\n` +
        '  MCP101 MCPRemoteProxy.toolhive.stacklok.dev tools/b: spec.headerForward.addPlaintextHeaders[Authorization]\n',
    );
    expect((await update(mended)).err).toBe(`${baseline} has 1 finding: 0 added, 1 removed.\n`);
    expect((await lint(mended)).err).toBe('');
  });
  it('only counts the findings of objects that are not among the files', async () => {
    await update(server('a') + server('b'));
    expect((await lint(server('a'))).err).toBe(
      `1 finding of ${baseline} is about objects that are not among these files.\n`,
    );
  });
  it('writes the same file whatever the order of the input, without a value', async () => {
    await update(server('b') + server('a'));
    const first = await readFile(baseline, 'utf8');
    await update(server('a') + server('b'));
    expect(await readFile(baseline, 'utf8')).toBe(first);
    expect(first).not.toContain('hunter2');
    const { schemaVersion, findings } = JSON.parse(first) as {
      readonly schemaVersion: number;
      readonly findings: readonly object[];
    };
    expect(schemaVersion).toBe(1);
    expect(findings).toMatchObject([
      {
        code: 'MCP101',
        kind: 'MCPRemoteProxy.toolhive.stacklok.dev',
        namespace: 'tools',
        name: 'a',
        path: 'spec.headerForward.addPlaintextHeaders[Authorization]',
      },
      { name: 'b' },
    ]);
  });
  it('never accepts a document that cannot be read, and does not update the baseline then', async () => {
    await update(server('a'));
    const before = await readFile(baseline, 'utf8');
    const broken = `${server('b')}---\na: [\n`;
    const { code, out, err } = await update(broken);
    expect({ code, err }).toEqual({
      code: 2,
      err: `sallyport: ${baseline} is not updated, because some files cannot be read\n`,
    });
    expect(out).toContain('MCP003');
    expect(await readFile(baseline, 'utf8')).toBe(before);
  });
  it.each([
    ['is no JSON', 'hunter2', 'the baseline is not valid JSON'],
    ['is something else', '{"hunter2":1}', 'schemaVersion of the baseline is not 1'],
    ['is of a later version', '{"schemaVersion":2,"findings":[]}', 'schemaVersion of the baseline is not 1'],
    [
      'has an entry without a fingerprint',
      '{"schemaVersion":1,"findings":[{"code":"hunter2"}]}',
      'the file is not a baseline (findings.0.fingerprint)',
    ],
  ])('exits with 2 and leaves the file as it is, if it %s', async (_what, text, problem) => {
    await writeFile(baseline, text);
    for (const run of [lint, update])
      expect(await run(server('a'))).toEqual({
        code: 2,
        out: '',
        err: `sallyport: ${baseline}: ${problem}; delete the file, or name another one\n`,
      });
    expect(await readFile(baseline, 'utf8')).toBe(text);
  });
  it('exits with 2 if the file does not exist, and says how to create it', async () => {
    expect(await lint(server('a'))).toEqual({
      code: 2,
      out: '',
      err: `sallyport: ${baseline}: the baseline cannot be read: no such file or folder; to create it, add --update-baseline\n`,
    });
  });
  it('exits with 2 if there is no file to update', async () => {
    const { code, err } = await runSallyport(['lint', '-', '--update-baseline']);
    expect(code).toBe(2);
    expect(err).toContain('--update-baseline needs --baseline FILE');
  });
});
