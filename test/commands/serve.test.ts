import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { runCli } from '../../src/commands/index.ts';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, remoteProxy, reviewOf, secret, tempFolder } from '../support/webhook.ts';

/** Runs `serve` until it says where it listens or ends; a server that runs is stopped when the test is over. */
async function serve(args: readonly string[]) {
  const stop = new AbortController();
  let out = '';
  let err = '';
  let heard = (_url: string | undefined) => {};
  const listening = new Promise<string | undefined>((resolve) => (heard = resolve));
  const done = runCli(['serve', ...args], {
    out: (text) => {
      out += text;
      const url = /listening on (https:\/\/[^"]+)"/.exec(out)?.[1];
      if (url !== undefined) heard(url);
    },
    err: (text) => void (err += text),
    program: 'sallyport',
    now: () => performance.now(),
    stdin: () => Promise.resolve(''),
    env: {},
    worker: pathToFileURL(inject('worker')),
    stop: stop.signal,
  });
  const ended = done.then(() => undefined);
  ended.catch(() => undefined);
  onTestFinished(() => {
    stop.abort();
    return ended;
  });
  const url = await Promise.race([listening, ended]);
  const finish = () => {
    stop.abort();
    return done;
  };
  return { url, finish, out: () => out, err: () => err };
}

const post = (url: string, ca: string, body: string) => send('POST', url, ca, body);
const get = (url: string, ca: string) => send('GET', url, ca, '');

function send(method: string, url: string, ca: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const sent = request(url, { method, ca, headers, agent: false }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const oneLine = /^sallyport[^\n]*\n$/;

describe('serve without exactly one cluster', () => {
  const choices = [['--in-cluster'], ['--context', 'kind'], ['--cluster', '.']];
  const combinations = Array.from({ length: 8 }, (_, bits) =>
    choices.filter((_choice, i) => bits & (1 << i)),
  );
  it.each(combinations.filter((chosen) => chosen.length !== 1).map((chosen) => [chosen.flat().join(' ')]))(
    'is misuse: %j',
    async (text) => {
      const { finish, err } = await serve(text.split(' ').filter((word) => word !== ''));
      expect(await finish()).toBe(2);
      expect(err()).toBe(
        'sallyport serve needs exactly one of --in-cluster, --context NAME and --cluster DIR (sallyport serve --help)\n',
      );
    },
  );
});

describe('serve refuses at once, in one line', () => {
  const broken = () => {
    const file = path.join(tempFolder(), 'broken.pem');
    writeFileSync(file, 'not a certificate');
    return file;
  };
  it.each<[string, () => readonly string[], RegExp]>([
    [
      'a port that is a word',
      () => ['--cluster', '.', '--port', 'http'],
      /--port must be a number from 0 to 65535, but is "http"/,
    ],
    [
      'a port beyond the last',
      () => ['--cluster', '.', '--port', '65536'],
      /--port must be a number from 0 to 65535, but is "65536"/,
    ],
    ['a port with a fraction', () => ['--cluster', '.', '--port', '80.5'], /--port must be a number/],
    ['a negative port', () => ['--cluster', '.', '--port=-1'], /--port must be a number/],
    ['an empty port', () => ['--cluster', '.', '--port='], /--port must be a number/],
    [
      'a certificate without its key',
      () => ['--cluster', '.', '--tls-cert', 'x'],
      /--tls-cert needs --tls-key/,
    ],
    [
      'a key without its certificate',
      () => ['--cluster', '.', '--tls-key', 'x'],
      /--tls-key needs --tls-cert/,
    ],
    ['a live cluster without a certificate', () => ['--context', 'x'], /needs --tls-cert and --tls-key/],
    ['a cluster it is not in', () => ['--in-cluster'], /works only in a pod/],
    [
      'a certificate that is not there',
      () => ['--cluster', '.', '--tls-cert', '/nowhere', '--tls-key', '/nowhere'],
      /\/nowhere: cannot be read \(ENOENT\)/,
    ],
    [
      'a certificate that is none',
      () => ['--cluster', '.', '--port', '0', '--tls-cert', broken(), '--tls-key', broken()],
      /cert/i,
    ],
    [
      'a folder that is not there',
      () => ['--cluster', '/nowhere/at/all', '--port', '0'],
      /\/nowhere\/at\/all: no such/,
    ],
    [
      'a configuration that is not there',
      () => ['--cluster', '.', '--config', '/nowhere'],
      /\/nowhere: the configuration cannot be read/,
    ],
    ['a file', () => ['--cluster', '.', 'extra.yaml'], /takes no argument/],
    ['an unknown option', () => ['--cluster', '.', '--insecure'], /--insecure/],
    [
      'a CA that cannot be written',
      () => ['--cluster', '.', '--port', '0', '--write-ca', '/nowhere/ca.crt'],
      /\/nowhere\/ca\.crt: the CA cannot be written/,
    ],
  ])('%s', async (_what, args, message) => {
    const { finish, err } = await serve(args());
    expect(await finish()).toBe(2);
    expect(err()).toMatch(oneLine);
    expect(err()).toMatch(message);
  });

  it('a port in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { finish, err } = await serve(['--cluster', '.', '--port', String(port)]);
    expect(await finish()).toBe(2);
    expect(err()).toBe(
      `sallyport: cannot listen on 127.0.0.1:${port}: the port is already in use; to use another one, add --port PORT\n`,
    );
  });
});

describe('serve --cluster DIR', () => {
  it.each([
    ['no kubeconfig at all', undefined],
    ['a kubeconfig that is not there', '/nowhere/kubeconfig'],
    ['a kubeconfig that is broken', 'clusters: ['],
  ])('answers the same with %s', async (_what, kubeconfig) => {
    const folder = tempFolder();
    const file = path.join(tempFolder(), 'kubeconfig');
    if (kubeconfig?.startsWith('/') === false) writeFileSync(file, kubeconfig);
    const before = process.env['KUBECONFIG'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['KUBECONFIG'];
      else process.env['KUBECONFIG'] = before;
    });
    if (kubeconfig === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = kubeconfig.startsWith('/') ? kubeconfig : file;

    writeFileSync(path.join(folder, 's.yaml'), asYaml([secret('github-token', { token: 'x' })]));
    const ca = path.join(tempFolder(), 'ca.crt');
    const { url, finish, out } = await serve(['--cluster', folder, '--port', '0', '--write-ca', ca]);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const review = JSON.stringify(reviewOf(remoteProxy()));
    const answer = await post(`${url ?? ''}/validate`, readFileSync(ca, 'utf8'), review);
    expect(JSON.parse(answer)).toMatchObject({ response: { allowed: true } });
    expect(await finish()).toBe(0);
    const lines = out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^listening/), 'decision']);
  });
});

describe('a live cluster that cannot be found', () => {
  it.each([
    [
      'an unknown context',
      'apiVersion: v1\nkind: Config\ncontexts: []\nclusters: []\nusers: []\n',
      /no such context/,
    ],
    ['a kubeconfig that is no YAML', 'clusters: [', /kubeconfig/],
  ])('is one line: %s', async (_what, text, message) => {
    const file = path.join(tempFolder(), 'kubeconfig');
    writeFileSync(file, text);
    const before = process.env['KUBECONFIG'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['KUBECONFIG'];
      else process.env['KUBECONFIG'] = before;
    });
    process.env['KUBECONFIG'] = file;
    const { code, err } = await runSallyport(['review', '-', '--context', 'kind'], {
      stdin: JSON.stringify(reviewOf(remoteProxy())),
    });
    expect(code).toBe(2);
    expect(err).toMatch(oneLine);
    expect(err).toMatch(message);
  });
});

describe('an edited configuration', () => {
  const written = (rules: string) =>
    `apiVersion: sallyport.dev/v1\nkind: Configuration\nmodes: { rules: { ${rules} } }\n`;

  it('is used without a restart, and a bad one leaves the last good in place and says so', async () => {
    const folder = tempFolder();
    const [config, ca] = [path.join(tempFolder(), 'config.yaml'), path.join(tempFolder(), 'ca.pem')];
    writeFileSync(config, written(''));
    const served = await serve(['--cluster', folder, '--port', '0', '--config', config, '--write-ca', ca]);
    const [url = '', pem] = [served.url, readFileSync(ca, 'utf8')];
    const body = JSON.stringify(reviewOf(remoteProxy()));
    const allowed = async () =>
      (JSON.parse(await post(`${url}/validate`, pem, body)) as { response: { allowed: boolean } }).response
        .allowed;
    const metrics = () => get(`${url}/metrics`, pem);
    expect(await allowed()).toBe(false);

    writeFileSync(config, written('MCP201: warn'));
    await expect.poll(allowed, { timeout: 60_000 }).toBe(true);
    expect(await metrics()).toContain('sallyport_configuration_valid 1');

    writeFileSync(config, written('MCP201: never, MCP999: warn'));
    await expect.poll(metrics, { timeout: 60_000 }).toContain('sallyport_configuration_valid 0');
    expect(await allowed()).toBe(true);
    expect(
      served.out().match(/the configuration file is not valid, so the previous configuration stays in use/g),
    ).toHaveLength(2);

    writeFileSync(config, written('MCP201: enforce'));
    await expect.poll(allowed, { timeout: 60_000 }).toBe(false);
    const counted = await metrics();
    expect(counted).toContain('sallyport_configuration_valid 1');
    expect(counted).toMatch(
      /sallyport_reviews_total\{webhook="validate",kind="MCPRemoteProxy",decision="deny"\} \d/,
    );
    expect(counted).toMatch(
      /sallyport_findings_total\{webhook="validate",code="MCP201",kind="MCPRemoteProxy",action="deny"\} \d/,
    );
    expect(counted).toContain('sallyport_configuration_generation 3');
    expect(counted).toContain('sallyport_configuration_reloads_total{outcome="bad"} 1');
    expect(counted).toMatch(/sallyport_lookups_total\{what="secret",outcome="absent"\} \d/);
    expect(counted).toContain('sallyport_reviews_in_flight{webhook="validate"} 0');
    const [, ends = ''] = /^sallyport_certificate_expiry_timestamp_seconds (\d+)$/m.exec(counted) ?? [];
    expect(Number(ends) * 1000).toBeGreaterThan(Date.now());
    expect(await served.finish()).toBe(0);
  });
});
