import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { webhookEntries } from '../../src/core/webhook-entries.ts';
import { Kubectl } from './kubectl.ts';
import { namespace, testNamespace, upstreamPod } from './objects.ts';
import { until } from './processes.ts';
import { system, webhookConfigurations, webhooksAnswer, webhooksManifest } from './sallyport.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('certificates');

interface Entry {
  readonly name: string;
  readonly clientConfig: { readonly caBundle?: string; readonly service: { readonly path?: string } };
}
interface Configuration {
  readonly kind: string;
  readonly metadata: {
    readonly managedFields: readonly { readonly manager: string; readonly fieldsV1: unknown }[];
  };
  readonly webhooks: readonly Entry[];
}
interface Listed<T> {
  readonly items: readonly T[];
}
interface Replica {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly podIP: string;
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}

async function list<T>(what: string, ...more: string[]): Promise<readonly T[]> {
  const text = await kubectl.run(['get', what, ...more, '-o', 'json']);
  return (JSON.parse(text) as Listed<T>).items;
}
const configurations = () =>
  list<Configuration>(
    webhookConfigurations,
    '--show-managed-fields',
    '-l',
    'app.kubernetes.io/name=sallyport',
  );
const entries = async () => (await configurations()).flatMap(({ webhooks }) => webhooks);
const replicas = () => list<Replica>('pods', '-n', system, '-l', 'app.kubernetes.io/name=sallyport');

async function valueOf(name: string, key: string): Promise<string> {
  const { data } = await kubectl.get<{ readonly data: Readonly<Record<string, string>> }>(
    system,
    `secret/${name}`,
  );
  return Buffer.from(data[key] ?? '', 'base64').toString();
}
async function shared(): Promise<{ readonly ca: string; readonly prefix: string }> {
  const [ca, path] = [await valueOf('sallyport-webhook', 'ca.crt'), await valueOf('sallyport-path', 'path')];
  return { ca, prefix: `/${path}` };
}

/** Calls a replica as the API server does, but with an empty object; gives the status, or why there was none. */
async function statusOf(host: string, path: string, ca: string): Promise<string> {
  const [servername, method] = [`sallyport.${system}.svc`, 'POST'];
  const headers = { 'content-type': 'application/json' };
  const options = JSON.stringify({ agent: false, host, port: 8443, servername, path, ca, method, headers });
  const script = `
    require('https').request(${options}, (answer) => console.log(answer.resume().statusCode))
      .on('error', (error) => console.log(error.code)).end('{}')`;
  return (await kubectl.exec(ns, 'upstream', 'upstream', 'node', '-e', script)).trim();
}

/** Overwrites both fields in every entry, as somebody's hand or another tool may. */
async function overwrite(caBundle: string, path: string): Promise<void> {
  for (const { kind, webhooks } of await configurations()) {
    const wrong = webhooks.map(({ name }) => ({ name, clientConfig: { caBundle, service: { path } } }));
    await kubectl.run([
      'patch',
      kind,
      'sallyport',
      '--type=strategic',
      '-p',
      JSON.stringify({ webhooks: wrong }),
    ]);
  }
}

beforeAll(async () => {
  await kubectl.apply(namespace(ns), upstreamPod(ns));
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
});

describe('two replicas', () => {
  it('share what the third pod makes, and both are ready', async () => {
    const secrets = await kubectl.run(['get', 'secrets', '-n', system, '-o', 'name']);
    expect(secrets.trim().split('\n')).toEqual([
      'secret/sallyport-authority',
      'secret/sallyport-path',
      'secret/sallyport-webhook',
    ]);
    const pods = await replicas();
    expect(pods).toHaveLength(2);
    for (const { status } of pods)
      expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  });

  it('both answer under one CA and path, and nowhere else', async () => {
    const { ca, prefix } = await shared();
    for (const { status } of await replicas())
      for (const route of ['/validate', '/mutate']) {
        // An empty object is no review: 400 says that it was read as one.
        expect(await statusOf(status.podIP, `${prefix}${route}`, ca)).toBe('400');
        expect(await statusOf(status.podIP, route, ca)).toBe('404');
        expect(await statusOf(status.podIP, `/${'0'.repeat(32)}${route}`, ca)).toBe('404');
      }
  });
});

/** Whoever writes the first entry of a map owns the map as well, which says nothing. */
const withoutMaps = (fields: unknown): unknown =>
  JSON.parse(JSON.stringify(fields, (key, value: unknown) => (key === '.' ? undefined : value)));

describe('the webhook configurations', () => {
  it('carry that CA and path in every entry', async () => {
    const { ca, prefix } = await shared();
    expect(new X509Certificate(ca).ca).toBe(true);
    expect(prefix).toMatch(/^\/[0-9a-f]{32}$/);
    const installed = await entries();
    expect(installed.map(({ name }) => name).toSorted()).toEqual(Object.keys(webhookEntries).toSorted());
    for (const { name, clientConfig } of installed) {
      expect(
        Buffer.from(clientConfig.caBundle ?? '', 'base64')
          .toString()
          .trim(),
      ).toBe(ca.trim());
      expect(clientConfig.service.path).toBe(`${prefix}/${webhookEntries[name] ?? 'no-route'}`);
    }
  });

  it('are healed when somebody overwrites both fields, which with whose they are is all that Sallyport owns', async () => {
    const before = await entries();
    const { ca } = await shared();
    await overwrite(Buffer.from(ca.replaceAll('\n', '\n\n')).toString('base64'), '/nowhere');
    expect(await entries()).not.toEqual(before);
    await until('the entries to be healed', 30, async () =>
      JSON.stringify(await entries()) === JSON.stringify(before) ? true : undefined,
    );
    await webhooksAnswer(kubectl);
    for (const { metadata, webhooks } of await configurations()) {
      const ours = metadata.managedFields.filter(({ manager }) => manager === 'sallyport-certificates');
      const owned = webhooks.map(({ name }) => [
        `k:${JSON.stringify({ name })}`,
        { 'f:clientConfig': { 'f:caBundle': {}, 'f:service': { 'f:path': {} } } },
      ]);
      const claim = { 'f:annotations': { 'f:sallyport.dev/installed-in': {} } };
      expect(ours.map(({ fieldsV1 }) => withoutMaps(fieldsV1))).toEqual([
        { 'f:metadata': claim, 'f:webhooks': Object.fromEntries(owned) },
      ]);
    }
  }, 90_000);

  it('keep both when the manifest is applied again, by kubectl and by a tool that applies on the server', async () => {
    const before = await entries();
    await kubectl.run(['apply', '-f', webhooksManifest]);
    await kubectl.run(['apply', '-f', webhooksManifest]);
    expect(await entries()).toEqual(before);
    const server = ['--server-side', '--force-conflicts', '--field-manager=a-gitops-tool'];
    await kubectl.run(['apply', ...server, '-f', webhooksManifest]);
    expect(await entries()).toEqual(before);
    expect(await kubectl.run(['diff', '-f', webhooksManifest])).toBe('');
  });
});
