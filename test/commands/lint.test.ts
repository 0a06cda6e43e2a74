import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { findingsIn } from '../support/findings.ts';

const proxy = (spec: string, namespace = '\n  namespace: tools') => `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata:
  name: github${namespace}
spec:
${spec}`;
const secret = (data: string, name = 'github') =>
  `---\napiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: tools }\n${data}\n`;
const remote = '  remoteUrl: https://example.com/mcp\n';
const fromSecret = `${remote}  headerForward:
    addHeadersFromSecret:
      - { headerName: Authorization, valueSecretRef: { name: github, key: token } }
`;
const inline = `${remote}  headerForward:\n    addPlaintextHeaders:\n      Authorization: hunter2\n`;
const fine = proxy(fromSecret) + secret('stringData: { token: hunter2 }');

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly path: string;
  readonly line: number;
  readonly object: { readonly namespace: string; readonly name: string } | null;
}
const lint = (stdin: string, ...args: string[]) => runSallyport(['lint', ...args, '-'], { stdin });
async function rows(stdin: string, ...args: string[]): Promise<Row[]> {
  return findingsIn<Row>((await lint(stdin, '-o', 'json', ...args)).out);
}
const severities = (found: readonly Row[]) => found.map(({ code, severity }) => `${code} ${severity}`);

describe('the exit code of lint', () => {
  it.each([
    ['0 when nothing is wrong', fine, ['--complete'], 0],
    ['0 for an empty input', '', [], 0],
    ['0 for a warning', proxy(fromSecret.replace('https', 'http')), [], 0],
    ['0 for a note', proxy(fromSecret), [], 0],
    ['1 for an error', proxy(inline), [], 1],
    ['1 for a missing Secret when the files are complete', proxy(fromSecret), ['--complete'], 1],
    ['2 for an unknown option', fine, ['--sideways'], 2],
    ['2 for an unknown output', fine, ['-o', 'xml'], 2],
    ['2 for two options that exclude each other', fine, ['--complete', '--context', 'kind'], 2],
  ])('is %s', async (_, stdin, args, code) => {
    const outcome = await lint(stdin, ...args);
    expect(outcome.code).toBe(code);
    expect(outcome.err === '').toBe(code !== 2);
    expect(outcome.out === '').toBe(code === 2);
  });

  it('is 2 without any file, and the message says what to do', async () => {
    const outcome = await runSallyport(['lint']);
    expect(outcome).toMatchObject({ code: 2, out: '' });
    expect(outcome.err).toContain('at least one file or folder');
  });
  it('is 2 for an unknown option, which is named', async () => {
    expect((await lint('', '--sideways')).err).toMatch(
      /^sallyport lint: .*--sideways.*\(sallyport lint --help\)\n$/,
    );
  });
  it.each([
    ['invalid YAML', 'a: [', []],
    ['a file that does not exist', fine, ['/gone/away.yaml']],
  ])('is 2 for %s, which is a finding', async (_, stdin, args) => {
    const outcome = await lint(stdin, ...args);
    expect(outcome).toMatchObject({ code: 2, err: '' });
    expect(outcome.out).toContain('error MCP003');
  });
});

describe('the output of lint', () => {
  const row = {
    code: 'MCP101',
    severity: 'error',
    message: expect.stringMatching(
      /^a credential is written in plain text \(.+\); everybody who .+$/,
    ) as string,
    fix: expect.stringContaining('spec.headerForward.addHeadersFromSecret') as string,
    file: 'stdin',
    line: 10,
    column: 7,
    path: 'spec.headerForward.addPlaintextHeaders[Authorization]',
    object: {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPRemoteProxy',
      namespace: 'tools',
      name: 'github',
    },
    fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  };

  it('as JSON has findings with exactly these keys', async () => {
    const found = await rows(proxy(inline));
    expect(found).toEqual([row]);
    expect(Object.keys(found[0] ?? {})).toEqual(Object.keys(row));
  });
  it('as JSON has no findings when nothing is wrong, and says how much was checked', async () => {
    expect(JSON.parse((await lint(fine, '-o', 'json')).out)).toMatchObject({
      schemaVersion: 1,
      summary: { checked: 1, errors: 0, warnings: 0, notes: 0 },
      findings: [],
    });
  });
  it('as text has the file, then place, severity and code, then the fix, then a count', async () => {
    const [heading, first = '', second = '', blank, last = ''] = (await lint(proxy(inline))).out.split('\n');
    expect([heading, blank]).toEqual(['stdin', '']);
    expect(first).toMatch(
      /^stdin:10:7: error MCP101 spec\.headerForward\.addPlaintextHeaders\[Authorization\]: .+\.$/,
    );
    expect(second).toMatch(/^ {4}Fix: .+\.$/);
    expect(last).toBe('1 MCP resource of 1 object checked; 1 error, 0 warnings, 0 notes.');
  });
  it('as text counts what was checked', async () => {
    const { out } = await lint(`${fine}---\njust text\n`);
    expect(out).toBe(
      '1 MCP resource of 2 objects checked; 0 errors, 0 warnings, 0 notes; 1 document that is not a Kubernetes object skipped.\n',
    );
  });
  it('as SARIF carries code, level and place', async () => {
    const log = JSON.parse((await lint(proxy(inline), '-o', 'sarif')).out) as object;
    const region = { startLine: 10, startColumn: 7 };
    expect(log).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'sallyport', rules: [{ id: 'MCP101' }] } },
          results: [{ ruleId: 'MCP101', level: 'error', locations: [{ physicalLocation: { region } }] }],
        },
      ],
    });
  });
  it('as SARIF has level note for a note', async () => {
    const log = JSON.parse((await lint(proxy(fromSecret), '-o', 'sarif')).out) as object;
    expect(log).toMatchObject({ runs: [{ results: [{ ruleId: 'MCP203', level: 'note' }] }] });
  });
  it('as JUnit is well-formed, with a failure for an error', async () => {
    const { out } = await lint(proxy(inline).replace('Authorization', '"X-<&>-Token"'), '-o', 'junit');
    expect(tagsOf(out)).toEqual(['testsuites', 'testsuite', 'testcase', 'failure']);
    expect(out).toContain('<testsuites name="sallyport lint" tests="1" failures="1" errors="0" time="');
    expect(out).toContain('<failure type="MCP101"');
    expect(out).toContain('X-&lt;&amp;&gt;-Token');
  });
  it('as JUnit has a passed case for an object without errors, with its notes', async () => {
    const { out } = await lint(proxy(fromSecret), '-o', 'junit');
    expect(tagsOf(out)).toEqual(['testsuites', 'testsuite', 'testcase', 'system-out']);
    expect(out).toContain('<testsuites name="sallyport lint" tests="1" failures="0" errors="0" time="');
    expect(out).toContain('[MCP203]');
  });
});

/** The opened tags of an XML text; throws when one is not closed in its turn or a character is not escaped. */
function tagsOf(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const rest = xml.replaceAll(
    /<(\/?)([a-z-]+)(?: [a-z]+="[^"<]*")*>|<\?xml [^<>]*\?>/g,
    (_, end: string, name: string) => {
      if (end === '/' && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      if (end === '' && name) seen.push(name);
      if (end === '' && name) open.push(name);
      return '';
    },
  );
  if (open.length > 0 || /[<>]|&(?!(?:amp|lt|gt|quot|apos);)/.test(rest)) throw new Error('not well-formed');
  return seen;
}

describe('a document that cannot be read', () => {
  const broken = `${proxy(inline)}---\nb: "hunter2\n---\n${proxy(inline).replace('name: github', 'name: other')}`;

  it('hides no other document of the file, and its text is not shown', async () => {
    const found = await rows(broken, '--complete');
    expect(found.map(({ code, object, ...row }) => [code, object?.name, row.line])).toEqual([
      ['MCP003', undefined, 13],
      ['MCP101', 'github', 10],
      ['MCP101', 'other', 23],
    ]);
    const { code, out } = await lint(broken);
    expect(code).toBe(2);
    expect(out).toContain('2 MCP resources of 2 objects checked; 3 errors');
    expect(out).not.toContain('hunter2');
  });
  it('is a finding without an object in JSON', async () => {
    const [row] = await rows('b: "hunter2');
    expect(row).toMatchObject({ severity: 'error', file: 'stdin', line: 1, path: '(root)', object: null });
  });
  it('is a result with its place in SARIF', async () => {
    const log = JSON.parse((await lint('a: 1\n---\nb: "hunter2', '-o', 'sarif')).out) as object;
    const physicalLocation = { artifactLocation: { uri: 'stdin' }, region: { startLine: 3 } };
    expect(log).toMatchObject({
      runs: [{ results: [{ ruleId: 'MCP003', level: 'error', locations: [{ physicalLocation }] }] }],
    });
  });
  it('is a failed case that is called after the file in JUnit', async () => {
    const { out } = await lint(broken, '-o', 'junit');
    expect(out).toContain('tests="3" failures="3"');
    expect(out).toContain('name="stdin"><failure type="MCP003"');
  });
  it.each(['json', 'sarif', 'junit'])(
    'is named on standard error too when the report is %s, which may go to a file',
    async (output) => {
      const { code, err } = await lint('b: "hunter2', '-o', output);
      expect(code).toBe(2);
      expect(err).toMatch(/^sallyport: stdin:1:\d+: invalid YAML: .+\n$/);
      expect(err).not.toContain('hunter2');
    },
  );
  it('is only in the report when that is text', async () => {
    expect((await lint('b: "hunter2')).err).toBe('');
  });
});

describe('a file in UTF-16', () => {
  it.each([
    ['with a byte order mark', '\uFEFF'],
    ['without one', ''],
  ])('%s is not skipped', async (_which, mark) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
    await writeFile(path.join(folder, 'a.yaml'), mark + proxy(inline), 'utf16le');
    const { code, out } = await runSallyport(['lint', folder]);
    await rm(folder, { recursive: true });
    expect(code).toBe(2);
    expect(out).toContain('error MCP003 (root): not UTF-8');
  });
});

describe('the folder of a Helm chart', () => {
  it('is checked but for its templates, and lint says how to check those', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
    try {
      await mkdir(path.join(folder, 'templates'));
      await writeFile(path.join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: x\n');
      await writeFile(path.join(folder, 'values.yaml'), 'a: "{{ b }}"\n');
      await writeFile(
        path.join(folder, 'templates', 'a.yaml'),
        proxy(inline).replace('name: github', 'name: "{{ .Release.Name }}"'),
      );
      await writeFile(
        path.join(folder, 'templates', 'b.yaml'),
        '{{- range .Values.all }}\n- a: [\n{{- end }}\n',
      );
      await writeFile(path.join(folder, 'templates', 'c.yaml'), proxy(inline));
      const { code, out, err } = await runSallyport(['lint', folder]);
      expect(code).toBe(1);
      expect(out.match(/MCP\d+/g)).toEqual(['MCP101']);
      expect(out).toContain('2 templates skipped');
      expect(err).toContain(`helm template ${folder} | sallyport lint -`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a placeholder of Flux, a shell or Chainsaw', () => {
  const at = (url: string) => proxy(`  remoteUrl: "${url}"\n`);
  const found = async (text: string) => severities(await rows(text, '--complete'));

  it.each([
    '${MCP_URL}',
    '${MCP_URL:=https://mcp.example.com/}',
    '${MCP_URL:-https://mcp.example.com/}',
    'https://h:${PORT}/',
    'https://${HOST}:${PORT:=8443}/mcp',
    '${SCHEME}://example.com/mcp',
    '$(MCP_URL)',
    'https://h:$(PORT)/',
    "(join('', ['http://', ($service), '.', ($namespace), '.svc:8080/mcp']))",
  ])('is not reported as an invalid URL: %s', async (url) => {
    expect(await found(at(url))).toEqual([]);
  });
  it.each(['https://h:PORT/', 'h:8000/mcp', 'https://h:{PORT}/', 'https://h:$/', '(https)://h/'])(
    'excuses no other invalid URL: %s',
    async (url) => {
      expect(await found(at(url))).toEqual(['MCP404 error']);
    },
  );
  const token = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`;
  it.each([
    `https://user:${token}@h:\${PORT}/`,
    `https://h:\${PORT}/?token=${token}`,
    `\${BASE}/mcp?token=${token}`,
    `\${SCHEME}://user:${token}@h/`,
    `\${URL:=https://user:${token}@h/}`,
    `\${URL:-https://h/?token=${token}}`,
    `https://$(HOST)/?token=${token}`,
    `https://\${HOST}:$(PORT)/?token=${token}`,
  ])('hides no credential beside it: %#', async (url) => {
    const { code, out } = await lint(at(url), '-o', 'json');
    expect(severities(findingsIn<Row>(out))).toEqual(['MCP102 error']);
    expect(code).toBe(1);
    expect(out).not.toContain(token);
  });
  it('is not reported as the name of a missing Secret', async () => {
    expect(await found(proxy(fromSecret.replace('name: github, key', 'name: "${SECRET}", key')))).toEqual([]);
    expect(await found(proxy(fromSecret.replace('name: github, key', 'name: ($secret), key')))).toEqual([]);
    expect(await found(proxy(fromSecret))).toEqual(['MCP201 error']);
  });
  it('is not reported by audit of files, but by audit of a folder that is the cluster', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
    await writeFile(path.join(folder, 'a.yaml'), at('${MCP_URL}'));
    const found = async (...args: string[]) =>
      severities(findingsIn<Row>((await runSallyport(['audit', '-o', 'json', ...args])).out));
    expect(await found(folder)).toEqual([]);
    expect(await found('--cluster', folder)).toEqual(['MCP404 error']);
    await rm(folder, { recursive: true });
  });
  it('stays an invalid URL at admission, where nothing fills it in', async () => {
    const object = {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPRemoteProxy',
      metadata: { name: 'github', namespace: 'tools' },
      spec: { remoteUrl: '${MCP_URL}' },
    };
    const stdin = JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: '1',
        operation: 'CREATE',
        kind: { group: 'toolhive.stacklok.dev', version: 'v1beta1', kind: 'MCPRemoteProxy' },
        resource: { group: 'toolhive.stacklok.dev', version: 'v1beta1', resource: 'mcpremoteproxies' },
        namespace: 'tools',
        name: 'github',
        userInfo: { username: 'u' },
        object,
      },
    });
    const { code, out } = await runSallyport(['review', '-'], { stdin });
    expect(code).toBe(1);
    expect(out).toContain('MCP404');
  });
});

describe('warnings of a YAML library', () => {
  it.each([
    ['a map as a key', proxy(`${remote}  x: { { a: hunter2 }: b }\n`)],
    ['a tag of another program', proxy(`  remoteUrl: !hunter2 https://example.com/mcp\n`)],
    [
      'a map as a key of a text',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, labels: { sallyport.dev/server: "true" } }\ndata:\n  server.yaml: |\n    { a: hunter2 }: b\n',
    ],
  ])('are not printed for %s', async (_, text) => {
    const warnings: unknown[] = [];
    const listen = (warning: unknown) => void warnings.push(warning);
    process.on('warning', listen);
    const { out } = await lint(text);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(out).not.toContain('hunter2');
  });
});

describe('a Secret that the input holds twice', () => {
  const first = secret('stringData: { token: hunter2 }');
  const second = secret('stringData: { other: hunter2 }');
  it.each([
    ['in one order', first + second],
    ['in the other order', second + first],
  ])('has the keys of both, %s', async (_, secrets) => {
    expect(severities(await rows(proxy(fromSecret) + secrets, '--complete'))).toEqual([]);
  });
  it.each([
    ['first', secret('stringData: { token: "a\\nb" }') + first],
    ['last', first + secret('stringData: { token: "a\\nb" }')],
  ])('has the fault that one of them has, which comes %s', async (_, secrets) => {
    expect(severities(await rows(proxy(fromSecret) + secrets))).toEqual(['MCP204 error']);
  });
  it.each([
    ['first', ['a', 'b']],
    ['last', ['b', 'a']],
  ])('may be sent to the origins that either allows, which comes %s', async (_, hosts) => {
    const limited = hosts.map((host) =>
      secret('stringData: { token: hunter2 }').replace(
        'namespace: tools }',
        `namespace: tools, annotations: { sallyport.dev/upstreams: "https://${host}.example.com" } }`,
      ),
    );
    const at = (host: string) =>
      proxy(fromSecret.replace('example.com', `${host}.example.com`)) + limited.join('');
    expect(severities(await rows(at('a')))).toEqual([]);
    expect(severities(await rows(at('c')))).toEqual(['MCP208 error']);
  });
});

describe('what lint knows', () => {
  it('of a Secret that is not among the files is nothing', async () => {
    expect(severities(await rows(proxy(fromSecret)))).toEqual(['MCP203 note']);
  });
  it('of a Secret that is not among the files is that it is missing, with --complete', async () => {
    expect(severities(await rows(proxy(fromSecret), '--complete'))).toEqual(['MCP201 error']);
  });
  it('of a missing Secret is the one that was meant, if its name is near', async () => {
    const misspelt = proxy(fromSecret.replace('name: github, key', 'name: gihtub, key'));
    const meant = 'Secret tools/gihtub does not exist (did you mean github?)';
    expect((await lint(misspelt + secret('stringData: { token: hunter2 }'), '--complete')).out).toContain(
      meant,
    );
    const other = secret('stringData: { token: hunter2 }').replace('name: github', 'name: calendar');
    expect((await lint(misspelt + other, '--complete')).out).toContain(
      'Secret tools/gihtub does not exist; ',
    );
  });
  it('of a missing resource is the one that was meant, and which object refers to it', async () => {
    const agent = `apiVersion: kagent.dev/v1alpha2
kind: Agent
metadata: { name: researcher, namespace: agents }
spec:
  type: Declarative
  declarative:
    tools: [{ type: McpServer, mcpServer: { kind: RemoteMCPServer, apiGroup: kagent.dev, name: serch } }]
---
apiVersion: kagent.dev/v1alpha2
kind: RemoteMCPServer
metadata: { name: search, namespace: agents }
spec: { url: "https://search.example.com/mcp" }
`;
    const { out } = await lint(agent, '--complete');
    expect(out).toContain(
      'Agent researcher refers to RemoteMCPServer agents/serch, which does not exist (did you mean search?)',
    );
  });
  it('of a Secret among the files is its keys', async () => {
    const other = proxy(fromSecret) + secret('stringData: { Token: hunter2 }');
    expect(severities(await rows(other))).toEqual(['MCP202 error']);
  });
  it('of a Secret in another namespace is nothing', async () => {
    expect(severities(await rows(fine.replace('namespace: tools }', 'namespace: other }')))).toEqual([
      'MCP203 note',
    ]);
  });
  it.each([
    [['-n', 'tools'], 'tools', []],
    [['--namespace', 'other'], 'other', ['MCP203 note']],
    [[], 'default', ['MCP203 note']],
  ])('with %j puts objects without a namespace into %s', async (args, namespace, expected) => {
    const text = proxy(fromSecret, '') + secret('stringData: { token: hunter2 }');
    expect(severities(await rows(text, ...args))).toEqual(expected);
    const [wrong] = await rows(proxy(inline, ''), ...args);
    expect(wrong?.object?.namespace).toBe(namespace);
  });
  it('of one object comes sorted by path, then by code', async () => {
    const spec = `  remoteUrl: http://169.254.169.254/?token=hunter2
  headerForward:
    addPlaintextHeaders: { X-Api-Key: a, Cookie: b, "X Bad": c, Host: d, host: e }
    addHeadersFromSecret:
      - { headerName: X-One, valueSecretRef: { name: github, key: token } }
`;
    const found = (await rows(proxy(spec), '--complete')).map((row) => [row.path, row.code]);
    const at = (name: string) => `spec.headerForward.addPlaintextHeaders[${name}]`;
    expect(found).toEqual([
      ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name', 'MCP201'],
      [at('Cookie'), 'MCP101'],
      [at('Host'), 'MCP303'],
      [at('"X Bad"'), 'MCP301'],
      [at('X-Api-Key'), 'MCP101'],
      [at('host'), 'MCP302'],
      [at('host'), 'MCP303'],
      ['spec.remoteUrl', 'MCP102'],
      ['spec.remoteUrl', 'MCP403'],
      ['spec.remoteUrl', 'MCP405'],
    ]);
  });
});

describe('lint with --config', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  async function given(settings: string): Promise<string[]> {
    const file = path.join(folder, 'sallyport.yaml');
    await writeFile(file, `apiVersion: sallyport.dev/v1\nkind: Configuration\n${settings}`);
    return ['--config', file];
  }
  const exemption = (until: string) =>
    `exemptions: [{codes: [MCP101], kind: mcpremoteproxies.toolhive.stacklok.dev, namespace: tools, name: github, reason: agreed${until}}]`;

  it.each([
    ['warn is a warning', 'modes: {rules: {MCP101: warn}}', ['MCP101 warning']],
    ['audit is a note', 'modes: {rules: {MCP101: audit}}', ['MCP101 note']],
    ['off is nothing', 'modes: {rules: {MCP101: off}}', []],
    ['a ceiling caps an error', 'modes: {ceiling: warn}', ['MCP101 warning']],
    [
      'a namespace has its own rules',
      'modes: {namespaces: [{names: ["t*"], rules: {MCP101: warn}}]}',
      ['MCP101 warning'],
    ],
    ['an exemption without an end holds', exemption(''), []],
    ['an exemption with a far end holds', exemption(', until: 2999-12-31'), []],
    ['an exemption that has ended does not', exemption(', until: 2020-12-31'), ['MCP101 error']],
    ['a harmless name is no credential', 'credentials: {headers: {harmless: [authorization]}}', []],
  ])('%s', async (_, settings, expected) => {
    const { code, out } = await lint(proxy(inline), '-o', 'json', ...(await given(settings)));
    expect(severities(findingsIn<Row>(out))).toEqual(expected);
    expect(code).toBe(expected.includes('MCP101 error') ? 1 : 0);
  });

  it('reports everything that is wrong with it at once, by name', async () => {
    const args = await given(
      'mode: x\nmodes: {ceiling: off, rules: {MCP999: warn}}\ninject: {port: 1}\nkinds: 7\n',
    );
    const { code, err } = await lint(fine, ...args);
    expect(code).toBe(2);
    for (const name of ['mode', 'modes.ceiling', 'MCP999', 'port', 'kinds']) expect(err).toContain(name);
    expect(err.trimEnd().split('\n').length).toBeGreaterThanOrEqual(5);
  });
  it('names the line and column of each problem, of a missing field those of the map around it', async () => {
    const [option = '', file = ''] = await given(
      'modes:\n  rules:\n    MCP101: wran\n  celing: warn\nexemptions:\n  - kind: a\n    codes: [MCP101]\n',
    );
    const { err } = await lint(fine, option, file);
    const lines = err
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(`sallyport: ${file}:`, ''));
    expect(lines).toEqual([
      '5:5: modes.rules.MCP101: wran is not a valid value; did you mean warn?',
      expect.stringMatching(/^6:3: modes: unknown field celing; did you mean ceiling\?$/),
      ...['namespace', 'name', 'reason'].map(
        (name) => `8:5: exemptions[0].${name}: is missing; it must be a string`,
      ),
    ]);
  });
  it('that has two documents is refused', async () => {
    const { code, err } = await lint(fine, ...(await given('---\nmodes: {}\n')));
    expect(code).toBe(2);
    expect(err).toMatch(/sallyport\.yaml: the configuration must be one YAML document\n$/);
  });
  it.each([
    ['is missing', path.join('gone', 'away.yaml')],
    ['is a folder', '.'],
  ])('that %s cannot be read', async (_, file) => {
    const { code, err } = await lint(fine, '--config', file);
    expect(code).toBe(2);
    expect(err).toContain('the configuration cannot be read');
  });
  it('that is no YAML says where', async () => {
    const { code, err } = await lint(fine, ...(await given('modes: {{\n')));
    expect(code).toBe(2);
    expect(err).toMatch(/sallyport\.yaml:\d+:\d+: invalid YAML/);
  });
});

describe('a credential', () => {
  const canary = `c4n4ry${Math.random().toString(36).slice(2)}x`;
  const shown = [
    canary,
    Buffer.from(canary).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(canary),
  ];
  const literal = `${remote}  headerForward:\n    addPlaintextHeaders:\n`;
  const url = (text: string) => proxy(`  remoteUrl: ${text}\n`);
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  describe.each(['text', 'json', 'sarif', 'junit'])('never appears in %s', (output) => {
    it.each([
      [
        'as a header value',
        proxy(`${literal}      Authorization: Bearer ${canary}\n      X-Api-Key: ${canary}\n`),
      ],
      ['as a value of another type', proxy(`${literal}      Authorization: [${canary}]\n`)],
      ['as the user and password of a URL', url(`https://${canary}:${canary}@example.com/`)],
      ['as a query value', url(`https://example.com/?token=${canary}&key=${canary}`)],
      ['as the whole of an invalid URL', url(canary)],
      ['as the host of an invalid URL', url(`ftp://${canary}/`)],
      [
        'in data of a Secret',
        proxy(fromSecret) +
          secret(`data: { token: ${base64(`${canary}\nsecond`)}, other: ${base64(canary)} }`),
      ],
      [
        'in stringData of a Secret',
        proxy(fromSecret) + secret(`stringData: { token: "${canary}\\n${canary}" }`),
      ],
      [
        'in a client certificate',
        proxy(remote).replace('spec:', '  annotations: { sallyport.dev/client-tls-secret: github }\nspec:') +
          secret(`stringData: { tls.crt: ${canary}, tls.key: ${canary} }`),
      ],
      ['in YAML that cannot be read', `${fine}\n---\ntoken: "${canary}\n`],
      ['under a key written twice', proxy(`${literal}      A: ${canary}\n      A: ${canary}\n`)],
    ])('%s', async (_, text) => {
      const { code, out, err } = await lint(text, '-o', output, '--complete');
      expect(code).not.toBe(0);
      for (const form of shown) expect(out + err).not.toContain(form);
    });
  });
});
