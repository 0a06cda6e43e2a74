import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { App, digest } from './app.ts';
import { auditLog } from './control-plane.ts';
import { Kubectl } from './kubectl.ts';
import { fromSecret, inline, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { privateLines, secureUpstream, tlsKeys } from './secure-upstream.ts';
import { system } from './sallyport.ts';

/** Values that exist nowhere else are sent every way a credential goes, and then looked for everywhere. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('canary');
const agent = new App(kubectl, ns, 'agent');

/** With characters that look different in a URL. */
const made = () => `${randomBytes(16).toString('hex')}/+=${randomBytes(16).toString('hex')}`;
const token = made();
const rotated = made();
const created = made();
const updated = made();
const unusable = made();
const values = new Map<string, string>(Object.entries({ token, rotated, created, updated, unusable }));

/** Every way the value may be written. Within a longer text base64 begins at one of three places. */
function forms(value: string): readonly string[] {
  const base64 = [0, 1, 2].map((before) => {
    const coded = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]).toString('base64');
    // Not the characters that what is before and after takes part in.
    return coded.replace(/=+$/, '').slice(before === 0 ? 0 : before + 1, -1);
  });
  return [value, encodeURIComponent(value), value.slice(-12), ...base64];
}

/** The names of the values that stand in a text. */
const found = (text: string): readonly string[] =>
  [...values].filter(([, value]) => forms(value).some((form) => text.includes(form))).map(([name]) => name);

/** A request the API server wrote down, with what only its sender is to blame for. */
interface AuditEvent {
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly namespace?: string; readonly resource?: string };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestObject?: unknown;
}
const audited = async (logs: string): Promise<readonly AuditEvent[]> =>
  (await readFile(auditLog(logs), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent);

/** What a person sends is theirs: the denied credential is in there. What Sallyport sends is ours, every word. */
function withoutOthersRequests(event: AuditEvent): AuditEvent {
  if (event.user.username.startsWith(`system:serviceaccount:${system}:`)) return event;
  const { requestObject: _, ...rest } = event;
  return rest;
}

const refusals: string[] = [];

beforeAll(async () => {
  await kubectl.apply(namespace(ns));
  const upstream = await secureUpstream(kubectl, ns);
  const client = await upstream.client('client');
  for (const [i, line] of privateLines(client).entries())
    values.set(`line ${i + 1} of the client's key`, line);
  const bearer = (value: string) => secret(ns, 'token', { authorization: `Bearer ${value}` });
  await kubectl.apply(
    bearer(token),
    secret(ns, 'client', tlsKeys(client)),
    secret(ns, 'two-lines', { authorization: `Bearer ${unusable}\n${unusable}` }),
    upstream.entry,
    pod(ns, 'agent', { servers: 'mcpserverentry/secure' }),
  );
  for (const manifest of [
    serverEntry(ns, 'inline', inline(`Bearer ${created}`)),
    serverEntry(ns, 'unusable', fromSecret('two-lines', 'authorization')),
  ])
    refusals.push(await kubectl.refused(manifest));
  await kubectl.refused(serverEntry(ns, 'secure', inline(`Bearer ${updated}`)));

  for (const name of ['upstream', 'agent']) await kubectl.wait(ns, `pod/${name}`, 'condition=Ready');
  expect(await agent.call('secure')).toMatchObject({
    credential: digest(`Bearer ${token}`),
    client: 'client',
  });
  await kubectl.apply(bearer(rotated));
  await agent.lookAgain();
  await until('the rotated value', 90, async () =>
    (await agent.call('secure')).credential === digest(`Bearer ${rotated}`) ? true : undefined,
  );
}, 150_000);

afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

describe('no credential, and no part of one, is', () => {
  const logsOf = (...pods: string[]) => kubectl.run(['logs', '--tail=-1', ...pods]);
  const places: Readonly<Record<string, () => Promise<string>>> = {
    'what kubectl prints of a denial': () => Promise.resolve(refusals.join('\n')),
    "Sallyport's log": () => logsOf('-n', system, '-l', 'app.kubernetes.io/name=sallyport', '--prefix'),
    "the proxy's log": () => logsOf('-n', ns, 'agent', '-c', 'sallyport-proxy'),
    "the proxy's metrics": () => agent.sh('wget -qO- http://127.0.0.1:14700/metrics'),
    'the pod as it is stored': () => kubectl.run(['get', '-n', ns, 'pod', 'agent', '-o', 'json']),
    'the resource as it is stored': () =>
      kubectl.run(['get', '-n', ns, 'mcpserverentries', '-o', 'json', '--show-managed-fields']),
    'the events': () => kubectl.run(['get', 'events', '-A', '-o', 'json']),
  };
  it.each(Object.entries(places))('in %s', async (_, read) => {
    const text = await read();
    expect(text).not.toBe('');
    expect(found(text)).toEqual([]);
  });
});

const { logs } = cluster;
if (logs === undefined)
  for (const what of ['the audit log', 'the logs of the API server, the kubelet and the other programs'])
    console.warn(`SKIPPED: nothing was looked for in ${what}: this cluster's files are not on this machine`);

describe.skipIf(logs === undefined)("in the cluster's own logs", () => {
  const folder = logs ?? '';

  it('no credential is in what any program wrote', async () => {
    const files = (await readdir(folder)).filter((file) => path.join(folder, file) !== auditLog(folder));
    for (const program of [
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubelet',
      'containerd',
    ])
      expect(files).toContain(`${program}.log`);
    for (const file of files)
      expect(found(await readFile(path.join(folder, file), 'utf8')), file).toEqual([]);
  });

  it('no credential is in the audit log, beyond what people themselves sent', async () => {
    const events = (await audited(folder)).map(withoutOthersRequests);
    // What the webhooks answered is there to be looked at: patches, and every request of their own.
    const patches = events
      .filter(({ objectRef }) => objectRef?.namespace === ns && objectRef.resource === 'pods')
      .flatMap(({ annotations = {} }) => Object.keys(annotations))
      .filter((key) => key.startsWith('patch.webhook.admission.k8s.io/'));
    expect(patches).not.toEqual([]);
    expect(
      events.filter(({ user }) => user.username === `system:serviceaccount:${system}:sallyport`),
    ).not.toEqual([]);
    expect(found(events.map((event) => JSON.stringify(event)).join('\n'))).toEqual([]);
  });

  it('the search finds what is there: the credentials that people sent and were refused', async () => {
    const events = await audited(folder);
    const all = found(events.map((event) => JSON.stringify(event)).join('\n'));
    expect(all).toEqual(['created', 'updated']);
  });
});

it('the search finds a value however it is written', () => {
  for (const [name, value] of values) {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const written = [0, 1, 2].map((n) => base64(`${'x'.repeat(n)}${value} and more`));
    for (const text of [value, encodeURIComponent(value), `...${value.slice(-12)}`, ...written])
      expect(found(`before ${text} after`)).toContain(name);
  }
});
