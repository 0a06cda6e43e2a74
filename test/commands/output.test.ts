import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, remoteProxy, tempFolder } from '../support/webhook.ts';

/** A resource with a warning in line 7, an error in line 10 and a note below. */
const bad = `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata:
  name: github
  namespace: tools
spec:
  remoteUrl: http://example.com/mcp
  headerForward:
    addPlaintextHeaders:
      Authorization: hunter2-hunter2
    addHeadersFromSecret:
      - { headerName: X-Key, valueSecretRef: { name: github, key: token } }
`;

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const lint = (args: readonly string[], given: Parameters<typeof runSallyport>[1] = {}) =>
  runSallyport(['lint', ...args, '-'], { stdin: bad, ...given });
const escape = '\u001B[';

describe('the text report', () => {
  it('lists the findings of each file under its name, in the order of files and lines', async () => {
    const folder = folderWith({ 'b.yaml': bad, 'a.yaml': bad.replace('name: github', 'name: gitlab') });
    const { out } = await runSallyport(['lint', path.join(folder, 'b.yaml'), path.join(folder, 'a.yaml')]);
    const lines = out.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
    const places = lines.map((line) =>
      line.replaceAll(`${folder}/`, '').replace(/ (?:error|warning|info|note) .*$/, ''),
    );
    expect(places.slice(0, -1)).toEqual([
      'a.yaml',
      expect.stringMatching(/^a\.yaml:7:\d+:$/),
      'a.yaml:10:7:',
      expect.stringMatching(/^a\.yaml:12:\d+:$/),
      'b.yaml',
      expect.stringMatching(/^b\.yaml:7:\d+:$/),
      'b.yaml:10:7:',
      expect.stringMatching(/^b\.yaml:12:\d+:$/),
    ]);
    expect(lines.at(-1)).toMatch(/^2 MCP resources of 2 objects checked; 2 errors, 2 warnings, 2 notes/);
  });

  it('has the place, the severity, the code and the path on the line of each finding, for editors and grep', async () => {
    const { out } = await lint([]);
    expect(out).toMatch(
      /^stdin:10:7: error MCP101 spec\.headerForward\.addPlaintextHeaders\[Authorization\]: /m,
    );
    expect(out).toMatch(/^stdin:7:\d+: warning MCP\d+ spec\.remoteUrl: /m);
  });

  it('groups findings without a file by object', async () => {
    const cluster = folderWith({ 'all.yaml': asYaml([remoteProxy()]) });
    const { out } = await runSallyport(['audit', '--cluster', cluster]);
    expect(out).toMatch(/^\S+all\.yaml\n\S+all\.yaml:\d+:\d+: error MCP201 /);
  });
});

describe('--severity', () => {
  it.each([
    ['error', 1],
    ['warning', 2],
    ['note', 3],
  ])(
    '%s prints that severity and above, and changes neither the exit code nor the counts',
    async (level, shown) => {
      const { code, out } = await lint(['--severity', level]);
      const lines = [...out.matchAll(/^stdin:(\d+):\d+: (\w+)/gm)].map(([, line, word]) => `${line} ${word}`);
      const all = ['7 warning', '10 error', expect.stringMatching(/^12 /) as string];
      const expected = { error: [all[1]], warning: all.slice(0, 2), note: all }[level];
      expect(lines).toEqual(expected);
      expect(lines).toHaveLength(shown);
      expect(code).toBe(1);
      expect(out).toMatch(/; 1 error, 1 warning, 1 note\.\n$/);
    },
  );

  it('holds for machine formats too', async () => {
    const { findings } = JSON.parse((await lint(['-o', 'json', '--severity', 'error'])).out) as {
      findings: { severity: string }[];
    };
    expect(findings.map(({ severity }) => severity)).toEqual(['error']);
  });

  it('does not turn an error into success', async () => {
    const warned = bad.replace(/ {4}addPlaintextHeaders[^]*?(?= {4}addHeaders)/, '');
    const { code, out } = await lint(['--severity', 'error'], { stdin: warned });
    expect(code).toBe(0);
    expect(out).toBe('1 MCP resource of 1 object checked; 0 errors, 1 warning, 1 note.\n');
  });
});

describe('--quiet', () => {
  it('prints findings without the summary, and nothing if nothing is wrong', async () => {
    const { out } = await lint(['-q']);
    expect(out).toMatch(/^stdin\nstdin:7:/);
    expect(out).not.toContain('objects checked');
    expect(out).not.toContain('object checked');
    expect(await lint(['--quiet'], { stdin: '' })).toEqual({ code: 0, out: '', err: '' });
    expect(await runSallyport(['-q', 'lint', '-'], { stdin: '' })).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('colours', () => {
  const columns = 1000;
  it.each<[string, readonly string[], Parameters<typeof runSallyport>[1], boolean]>([
    ['a terminal', [], { columns }, true],
    ['a pipe', [], {}, false],
    ['a terminal with --no-color', ['--no-color'], { columns }, false],
    ['a terminal with NO_COLOR', [], { columns, env: { NO_COLOR: '1' } }, false],
    ['a terminal with an empty NO_COLOR', [], { columns, env: { NO_COLOR: '' } }, true],
    ['a terminal that has none', [], { columns, env: { TERM: 'dumb' } }, false],
    ['a pipe with FORCE_COLOR', [], { env: { FORCE_COLOR: '1' } }, true],
    ['a terminal with FORCE_COLOR=0', [], { columns, env: { FORCE_COLOR: '0' } }, false],
    ['FORCE_COLOR and --no-color', ['--no-color'], { env: { FORCE_COLOR: '1' } }, false],
    ['FORCE_COLOR and NO_COLOR', [], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, false],
  ])('on %s', async (_what, args, given, coloured) => {
    const { out } = await lint(args, given);
    expect(out.includes(escape)).toBe(coloured);
    // Without its colours it is the same text.
    expect(out.replaceAll(/\u001B\[\d+m/g, '')).toBe((await lint([])).out);
  });

  it('mark the steps of why', async () => {
    const given = { stdin: 'apiVersion: v1\nkind: Secret\nmetadata: { name: token }\n' };
    expect((await runSallyport(['why', '-'], { ...given, columns })).out).toContain(
      `  ${escape}1m${escape}31mNO ${escape}`,
    );
    expect((await runSallyport(['why', '-'], given)).out).toContain('  NO  pod ');
  });

  it('are not in machine formats', async () => {
    for (const format of ['json', 'sarif', 'junit'])
      expect((await lint(['-o', format], { columns, env: { FORCE_COLOR: '1' } })).out).not.toContain(escape);
  });

  it('of a name in a file are escaped, not printed', async () => {
    const file = path.join(
      folderWith({ 'x.yaml': bad.replace('name: github', 'name: "git\\e[31mhub"') }),
      'x.yaml',
    );
    expect((await runSallyport(['lint', file])).out).not.toContain(escape);
  });
});

describe('the width of a terminal', () => {
  const environment = { TERM: 'dumb' };
  it('wraps messages with a hanging indent, and keeps commands on one line', async () => {
    const stdin = asYaml([remoteProxy()]);
    const { out } = await runSallyport(['lint', '--complete', '-'], { stdin, columns: 60, env: environment });
    const [, first = '', ...rest] = out.split('\n');
    expect(first).toMatch(/^stdin:\d+:\d+: error MCP201\b/);
    const finding = rest.slice(0, rest.indexOf(''));
    expect(finding.length).toBeGreaterThan(2);
    for (const line of finding) expect(line).toMatch(/^ {4}\S/);
    const words = finding.filter((line) => !line.startsWith('    kubectl '));
    expect(words.filter((line) => line.length > 60 && line.trim().includes(' '))).toEqual([]);
    expect(out).toMatch(/^ {4}kubectl -n \S+ create secret generic .+\.$/m);
  });

  it('has no effect on a pipe: each part of a finding is one line', async () => {
    const { out } = await lint([]);
    expect(out.split('\n').filter((line) => line.startsWith('    '))).toHaveLength(3);
    expect(out.match(/^ {4}Fix: /gm)).toHaveLength(3);
  });

  it('wraps the help too', async () => {
    const { out } = await runSallyport(['audit', '--help'], { columns: 80 });
    const lines = out.slice(0, out.indexOf('Examples:')).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.length).toBeGreaterThan(30);
  });
});

describe('an error that no code expected', () => {
  const failing = () =>
    Promise.reject(Object.assign(new TypeError('cannot read hunter2'), { code: 'E_ODD' }));
  const run = (args: readonly string[], env = {}) =>
    runSallyport(['lint', '-', ...args], { readStdin: failing, env });

  it('is one line without its message, with what to do', async () => {
    expect(await run([])).toEqual({
      code: 2,
      out: '',
      err: 'sallyport: internal error (TypeError E_ODD). This is a defect of Sallyport: run the command again with --debug, and report what it prints.\n',
    });
  });

  it.each<[string, readonly string[], object]>([
    ['--debug', ['--debug'], {}],
    ['SALLYPORT_DEBUG=1', [], { SALLYPORT_DEBUG: '1' }],
  ])('says where it happened with %s', async (_what, args, env) => {
    const { code, err } = await run(args, env);
    expect(code).toBe(2);
    expect(err).toMatch(/^sallyport: internal error \(TypeError E_ODD\)\. .*\n( {4}at .+\n)+$/);
    expect(err).not.toContain('hunter2');
  });
});
