import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  configStepDirs,
  configStepEnv,
  decodeConfigStep,
  encodeConfigStep,
  type ConfigEntry,
  type ConfigStep,
} from '../../src/core/contracts/config-step-contract.ts';
import { ContractError } from '../../src/core/contracts/contract-checks.ts';
import { runConfigStep } from '../../src/config-step/run.ts';

const upstream = 'https://mcp.example.com/mcp/?a=$(HOME)';
const local = 'http://127.0.0.1:14731/mcp/?a=$(HOME)';

const entry = (more: Partial<ConfigEntry> = {}): ConfigEntry => ({
  server: 'github',
  seen: [{ at: ['remote_url'], value: upstream }],
  set: [{ at: ['remote_url'], value: local }],
  remove: [['header_forward', 'add_headers_from_secret']],
  ...more,
});

const step = (more: Partial<ConfigStep> = {}): ConfigStep => ({
  version: 1,
  ...configStepDirs,
  file: 'runconfig.json',
  format: 'json',
  onMismatch: 'exit',
  entries: [entry()],
  ...more,
});

const runconfig = `{
  "remote_url": "${upstream}",
  "port": 8080.0, "id": 12345678901234567890,
  "header_forward": {
    "add_plaintext_headers": { "X-Tenant": "\\u0061cme" },
    "add_headers_from_secret": { "Authorization": "HEADER_FORWARD_AUTHORIZATION_GITHUB" }
  },
  "10": null, "9": []
}`;

/** A volume as the kubelet lays it out, and an empty one; what the step says, and what it leaves. */
function stage(files: Readonly<Record<string, string>> = { 'runconfig.json': runconfig }) {
  const root = mkdtempSync(path.join(tmpdir(), 'sallyport-step-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const [from, to] = [path.join(root, configStepDirs.from), path.join(root, configStepDirs.to)];
  mkdirSync(path.join(from, '..2026_11_21'), { recursive: true });
  mkdirSync(to, { recursive: true });
  symlinkSync('..2026_11_21', path.join(from, '..data'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(from, '..data', name), content);
    symlinkSync(`..data/${name}`, path.join(from, name));
  }
  return {
    to,
    run: (text: string | undefined = encodeConfigStep(step())) => {
      let [out, err] = ['', ''];
      const code = runConfigStep({
        env: { SALLYPORT_ROOT: root, [configStepEnv]: text },
        stdout: (more) => void (out += more),
        stderr: (more) => void (err += more),
      });
      return { code, out, err };
    },
    read: (name: string) => readFileSync(path.join(to, name), 'utf8'),
  };
}

describe('the step that rewrites an operator’s configuration', () => {
  it('changes what it is told to, and nothing else of the file to the byte', () => {
    const { run, read } = stage();
    expect(run()).toEqual({
      code: 0,
      out: 'sallyport config: runconfig.json calls github through the proxy\n',
      err: '',
    });
    expect(read('runconfig.json')).toBe(
      runconfig
        .replace(`"${upstream}"`, JSON.stringify(local).replaceAll('$', '\\u0024'))
        .replace(/,\n {4}"add_headers_from_secret": \{[^}]*\}/, ''),
    );
    expect(JSON.parse(read('runconfig.json'))).toMatchObject({ remote_url: local });
  });

  it('copies every other file as it is, readable by any user, without the kubelet’s own links', () => {
    const binary = '\u0000\uFFFDsecond\r\n';
    const { run, read, to } = stage({ 'runconfig.json': runconfig, 'authserver-config.yaml': binary });
    run();
    expect(read('authserver-config.yaml')).toBe(binary);
    expect(readdirSync(to).toSorted()).toEqual(['authserver-config.yaml', 'runconfig.json']);
    for (const name of readdirSync(to)) expect(statSync(path.join(to, name)).mode & 0o777).toBe(0o444);
  });

  it('runs again over what it left before, as when the node was started again', () => {
    const { run, to } = stage();
    run();
    writeFileSync(path.join(to, 'gone.json'), 'of another day');
    expect(run().code).toBe(0);
    expect(readdirSync(to)).toEqual(['runconfig.json']);
  });

  it('changes YAML in its place, with its comments and its order', () => {
    const config = [
      'name: v1 # of the team',
      'backends:',
      '    - name: entry1',
      `      url: ${upstream}`,
      '      caBundlePath: /etc/toolhive/ca-bundles/entry1',
      '    - name: other',
      '      url: http://mcp-other-proxy.default.svc:8080',
      'timeout: 1m0s',
      '',
    ].join('\n');
    const { run, read } = stage({ 'config.yaml': config });
    const at = ['backends', 0];
    const changed = entry({
      server: 'entry1',
      seen: [{ at: [...at, 'name'], value: 'entry1' }],
      set: [{ at: [...at, 'url'], value: local }],
      remove: [[...at, 'caBundlePath']],
    });
    expect(
      run(encodeConfigStep(step({ file: 'config.yaml', format: 'yaml', entries: [changed] }))).code,
    ).toBe(0);
    expect(read('config.yaml')).toBe(
      config
        .replace(`url: ${upstream}`, `url: ${JSON.stringify(local).replaceAll('$', '\\u0024')}`)
        .replace(/\n +caBundlePath: .*/, ''),
    );
  });
});

describe('what is not as the webhook saw it', () => {
  const changes: readonly [string, ConfigEntry, RegExp][] = [
    [
      'another value',
      entry({ seen: [{ at: ['remote_url'], value: 'https://x.example.com' }] }),
      /remote_url/,
    ],
    [
      'a list of other headers',
      entry({ seen: [{ at: ['header_forward', 'add_headers_from_secret'], value: { Authorization: 'Y' } }] }),
      /header_forward\.add_headers_from_secret/,
    ],
    ['a field that was not there', entry({ seen: [{ at: ['port'] }] }), /port/],
    ['no such place', entry({ set: [{ at: ['servers', 3, 'url'], value: local }] }), /servers\[3\]\.url/],
    ['a number where a text was', entry({ set: [{ at: ['port'], value: local }] }), /port/],
  ];

  it.each(changes)('ends with 1 and one line that names the place: %s', (_what, other, place) => {
    const { run, to } = stage();
    const { code, out, err } = run(encodeConfigStep(step({ entries: [other] })));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^sallyport config: runconfig\.json: [^\n]*\(server github\) has changed since the pod was admitted[^\n]*\n$/,
    );
    expect(err).toMatch(place);
    expect(err).not.toContain('example.com');
    expect(readdirSync(to)).toEqual([]);
  });

  it.each(changes)(
    'is copied without a change where that is asked for, and the rest changed: %s',
    (_what, other, place) => {
      const { run, read } = stage();
      const tidy = entry({ server: 'tidy', seen: [], set: [], remove: [['10']] });
      const { code, out, err } = run(encodeConfigStep(step({ onMismatch: 'copy', entries: [other, tidy] })));
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(
        /^sallyport config: runconfig\.json calls tidy through the proxy; copied without a change: [^\n]+\n$/,
      );
      expect(out).toMatch(place);
      expect(out).not.toContain('example.com');
      expect(read('runconfig.json')).toBe(runconfig.replace('"10": null, ', ''));
    },
  );

  it.each([
    ['no JSON', '{"remote_url":'],
    ['a name twice', '{"remote_url":"a","remote_url":"b"}'],
    ['YAML that is no JSON', `remote_url: ${upstream}`],
  ])('a file that is %s is either', (_what, text) => {
    const { run, read } = stage({ 'runconfig.json': text });
    expect(run()).toMatchObject({
      code: 1,
      err: expect.stringContaining('does not have the form that its operator writes') as string,
    });
    const copied = run(encodeConfigStep(step({ onMismatch: 'copy' })));
    expect(copied).toMatchObject({ code: 0, out: expect.stringContaining('calls no server') as string });
    expect(read('runconfig.json')).toBe(text);
  });

  it('a file that is not there ends with 1 and its name', () => {
    const { run } = stage({});
    const { code, err } = run();
    expect(code).toBe(1);
    expect(err).toMatch(/^sallyport config: [^\n]*runconfig\.json: ENOENT\n$/);
  });
});

describe('its contract', () => {
  it('comes back as it went, and holds nothing that Kubernetes would expand', () => {
    const text = encodeConfigStep(step());
    expect(text).not.toContain('$');
    expect(decodeConfigStep(text)).toEqual(step());
  });

  it.each<[string, object | string, RegExp]>([
    ['no JSON', '{', /is not JSON/],
    ['another version', { ...step(), version: 2 }, /version 2 is not known to this step/],
    ['an unknown key', { ...step(), secret: 'x' }, /secret is not a key/],
    ['an unknown format', { ...step(), format: 'toml' }, /format must be one of json, yaml/],
    ['an unknown rule', { ...step(), onMismatch: 'ignore' }, /onMismatch must be one of exit, copy/],
    ['a file elsewhere', { ...step(), file: '../token' }, /file must be the name of a file/],
    ['a folder that is none', { ...step(), from: 'etc' }, /from must be an absolute path/],
    ['a place that is none', { ...step(), entries: [entry({ remove: [[]] })] }, /entries\[0\]\.remove\[0\]/],
    ['a missing key', { ...step(), entries: undefined }, /entries is missing/],
  ])('refuses %s in one line', (_what, given, message) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    expect(() => decodeConfigStep(text)).toThrow(ContractError);
    const { code, err } = stage().run(text);
    expect(code).toBe(1);
    expect(err).toMatch(/^sallyport config: [^\n]+\n$/);
    expect(err).toMatch(message);
  });

  it('is set, or the step says so', () => {
    expect(stage().run('')).toMatchObject({
      code: 1,
      err: 'sallyport config: SALLYPORT_CONFIG_STEP is not set\n',
    });
  });
});
