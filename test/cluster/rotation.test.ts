import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Issued } from '../../src/certs/issue.ts';
import { App, callOf, digest, type Answer } from './app.ts';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { privateLines, secureUpstream, tlsKeys } from './secure-upstream.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('rotation');
const secure = new App(kubectl, ns, 'secure');
const revoked = new App(kubectl, ns, 'revoked');
const [first, second] = ['Bearer first-value', 'Bearer second-value'];

/** Calls for as long as the pod is there, an answer a line, and says so when there is none. */
const calling = (...servers: string[]) => [
  'sh',
  '-c',
  `while :; do ${servers.map((server) => `{ ${callOf(server)} || echo FAILED; echo; }`).join('; ')}; sleep 0.1; done`,
];
const said = async (app: string) =>
  (await kubectl.run(['logs', '-n', ns, app, '-c', 'app'])).split('\n').filter((line) => line !== '');

let clients: readonly [Issued, Issued];
let address = '';

beforeAll(async () => {
  await kubectl.apply(namespace(ns));
  const upstream = await secureUpstream(kubectl, ns);
  ({ address } = upstream);
  clients = [await upstream.client('client-one'), await upstream.client('client-two')];
  await kubectl.apply(
    secret(ns, 'token', { authorization: first }),
    secret(ns, 'client', tlsKeys(clients[0])),
    secret(ns, 'two-keys', { one: first, other: 'stays' }),
    secret(ns, 'whole', { token: first }),
  );
  await kubectl.apply(
    upstream.entry,
    serverEntry(ns, 'one-key', fromSecret('two-keys', 'one'), `http://${address}/one-key`),
    serverEntry(ns, 'all-of-it', fromSecret('whole', 'token'), `http://${address}/all-of-it`),
    pod(ns, 'secure', { servers: 'mcpserverentry/secure', command: calling('secure') }),
    pod(ns, 'revoked', {
      servers: 'mcpserverentry/one-key, mcpserverentry/all-of-it',
      command: calling('one-key', 'all-of-it'),
    }),
  );
  for (const name of ['upstream', 'secure', 'revoked'])
    await kubectl.wait(ns, `pod/${name}`, 'condition=Ready');

  // The grace period runs while the other tests do their work.
  expect(await revoked.call('one-key')).toMatchObject({ credential: digest(first) });
  expect(await revoked.call('all-of-it')).toMatchObject({ credential: digest(first) });
  const withoutKey = JSON.stringify([{ op: 'remove', path: '/data/one' }]);
  await kubectl.run(['patch', '-n', ns, 'secret', 'two-keys', '--type=json', '-p', withoutKey]);
  await kubectl.run(['delete', '-n', ns, 'secret', 'whole']);
  await revoked.lookAgain();
}, 120_000);

afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

describe('a server that demands a header and a client certificate', () => {
  it('gets both from a pod whose app has neither', async () => {
    expect(await secure.call('secure')).toEqual({
      path: '/mcp',
      credential: digest(first),
      headers: {},
      client: 'client-one',
    });
    const stored = await kubectl.run(['get', '-n', ns, 'pod', 'secure', '-o', 'json']);
    for (const value of ['first-value', ...privateLines(clients[0])]) expect(stored).not.toContain(value);
    // Without them there is no answer at all, or one that says no.
    const directly = await secure.sh(`wget -qO- http://${address}/mcp 2>&1 || true`);
    expect(directly).toContain('401');
  });

  it('gets the new ones as soon as the kubelet delivered them, and no call fails meanwhile', async () => {
    await kubectl.apply(
      secret(ns, 'token', { authorization: second }),
      secret(ns, 'client', tlsKeys(clients[1])),
    );
    await secure.lookAgain();
    const files = "fs.globSync('/var/run/sallyport/servers/*/+/{h0,tls.crt}')";
    await until('the kubelet to deliver both', 90, async () => {
      const now = await secure.proxy(`${files}.map((file) => fs.readFileSync(file, 'utf8')).join()`);
      return now.includes(second) && now.includes(clients[1].certificate.trim()) ? true : undefined;
    });
    expect(await secure.call('secure')).toMatchObject({ credential: digest(second), client: 'client-two' });

    const lines = await said('secure');
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
    const answers = lines.map((line) => JSON.parse(line) as Answer);
    expect(changes(answers.map(({ credential }) => credential))).toEqual([digest(first), digest(second)]);
    expect(changes(answers.map((answer) => answer.client))).toEqual(['client-one', 'client-two']);
    expect(await secure.restarts()).toEqual([0, 0]);
  }, 120_000);
});

it('a credential that is deleted, with its key or its whole Secret, is withdrawn and never sent without', async () => {
  for (const server of ['one-key', 'all-of-it']) {
    const refused = await until(`${server} to be withdrawn`, 100, async () => {
      const text = await revoked.raw(server);
      return text.startsWith('HTTP/1.1 503 ') ? text : undefined;
    });
    expect(refused.toLowerCase()).toContain('\r\nsallyport-error: missing-file\r\n');
  }
  // Not one call of the whole time came without: they were sent with the old value, and then not at all.
  const counted = async () =>
    JSON.parse(await revoked.sh(`wget -qO- http://${address}/requests`)) as Readonly<Record<string, number>>;
  const before = await counted();
  // That one was this file's own, made without a proxy to see the refusal.
  expect(before['withoutCredential']).toBe(1);
  expect(before['all']).toBeGreaterThan(10);
  expect(await revoked.restarts()).toEqual([0, 0]);
}, 120_000);

/** Each value that differs from the one before. */
const changes = (values: readonly (string | null)[]) =>
  values.filter((value, i) => i === 0 || value !== values[i - 1]);
