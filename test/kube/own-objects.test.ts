import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { PublishedEntry } from '../../src/certs/own-objects.ts';
import { ownObjects } from '../../src/kube/own-objects.ts';
import { notFound, sendChunked, startApiServer } from '../support/api-server.ts';

/** Sallyport's own objects at an API server that stores them, and refuses what a real one refuses. */

type Json = Record<string, unknown>;
interface Stored extends Json {
  metadata: { name: string; resourceVersion?: string } & Json;
}
interface Change {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Json;
}

const system = '/api/v1/namespaces/default';
const secretPath = `${system}/secrets/sallyport-webhook`;
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const registration = '/apis/admissionregistration.k8s.io/v1';

const conflict = (res: ServerResponse) =>
  sendChunked(res, 409, { kind: 'Status', code: 409, reason: 'Conflict' });

async function bodyOf(req: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Json;
}

/** `fails` is the status of every response. */
async function start(objects: Readonly<Record<string, object>> = {}, fails?: number) {
  const stored = new Map<string, Stored>(Object.entries(objects) as [string, Stored][]);
  const changes: Change[] = [];
  let versions = 0;
  const put = (path: string, body: Json) => {
    const metadata = { ...(body['metadata'] as Stored['metadata']), resourceVersion: String(++versions) };
    const object = { ...body, metadata };
    stored.set(path, object);
    return object;
  };
  const api = await startApiServer(
    (req, res) => {
      const { pathname: path, searchParams } = new URL(req.url ?? '', 'https://x');
      const { method = '' } = req;
      if (fails !== undefined) return sendChunked(res, fails, { kind: 'Status', code: fails });
      const found = stored.get(path);
      const items = [...stored].flatMap(([at, object]) => (at.startsWith(`${path}/`) ? [object] : []));
      if (method === 'GET' && searchParams.has('labelSelector')) return sendChunked(res, 200, { items });
      if (!found) return notFound(res);
      if (method === 'GET') return sendChunked(res, 200, found);
      void bodyOf(req).then((body) => {
        changes.push({ method, path, type: req.headers['content-type'], body });
        const { resourceVersion } = (body['metadata'] ?? {}) as Json;
        if (method === 'PUT' && resourceVersion !== found.metadata.resourceVersion) return conflict(res);
        return sendChunked(res, 200, method === 'PUT' ? put(path, body) : put(path, { ...found, ...body }));
      });
    },
    (review, res) => {
      const body = review as unknown as Stored;
      const { pathname } = new URL(res.req.url ?? '', 'https://x');
      const path = `${pathname}/${body.metadata.name}`;
      changes.push({ method: 'POST', path, type: res.req.headers['content-type'], body });
      if (fails !== undefined) sendChunked(res, fails, { kind: 'Status', code: fails });
      else if (stored.has(path)) conflict(res);
      else sendChunked(res, 201, put(path, body));
      return 'answered';
    },
  );
  api.config.contexts = [{ name: 'test', cluster: 'test', user: 'test', namespace: 'default' }];
  return { objects: ownObjects(api.config, { pod: 'sallyport-1', uid: 'uid-1' }), stored, changes, api };
}

const values = (pairs: object) => new Map(Object.entries(pairs) as [string, string][]);

it('a request whose kept connection was closed by the API server a moment ago is sent again', async () => {
  let closed = 0;
  const { config } = await startApiServer((req, res) => {
    if (closed++ === 0) return void req.socket.destroy();
    sendChunked(res, 200, { metadata: { name: 'sallyport-path', resourceVersion: '7' } });
  });
  const objects = ownObjects(config, { pod: 'sallyport-1', uid: 'uid-1' });
  expect(await objects.readSecret('sallyport-path')).toMatchObject({ version: '7' });
  expect(closed).toBe(2);
});

describe('a Secret of Sallyport', () => {
  const data = { 'tls.crt': Buffer.from('a certificate').toString('base64') };
  const object = { metadata: { name: 'sallyport-webhook', resourceVersion: '7' }, data };

  it('is read with its values decoded, and the version that a write replaces', async () => {
    const { objects } = await start({ [secretPath]: object });
    expect(await objects.readSecret('sallyport-webhook')).toEqual({
      values: values({ 'tls.crt': 'a certificate' }),
      version: '7',
    });
    expect(await objects.readSecret('sallyport-path')).toBeUndefined();
  });

  it.each([401, 403, 500])(
    'is not taken for a missing one when the API server responds with %i',
    async (code) => {
      const { objects } = await start({}, code);
      await expect(objects.readSecret('sallyport-webhook')).rejects.toThrow();
      await expect(objects.writeSecret('sallyport-webhook', new Map())).rejects.toThrow();
    },
  );

  it.each([
    ['sallyport-authority', 'Opaque'],
    ['sallyport-webhook', 'kubernetes.io/tls'],
    ['sallyport-path', 'Opaque'],
  ] as const)('%s is created with type %s, unless another process was first', async (name, type) => {
    const { objects, stored } = await start();
    expect(await objects.writeSecret(name, values({ a: 'mine' }))).toBe(true);
    expect(await objects.writeSecret(name, values({ a: 'theirs' }))).toBe(false);
    expect(stored.get(`${system}/secrets/${name}`)).toMatchObject({ type, stringData: { a: 'mine' } });
  });

  it('is replaced, and never over a version that was not read', async () => {
    const { objects, stored } = await start();
    await objects.writeSecret('sallyport-path', values({ path: 'one' }));
    const read = await objects.readSecret('sallyport-path');
    expect(await objects.writeSecret('sallyport-path', values({ path: 'two' }), read)).toBe(true);
    expect(await objects.writeSecret('sallyport-path', values({ path: 'three' }), read)).toBe(false);
    expect(stored.get(`${system}/secrets/sallyport-path`)).toMatchObject({ stringData: { path: 'two' } });
  });

  it('that is deleted before it is replaced is not written, and is no error', async () => {
    const { objects } = await start({ [secretPath]: object });
    const read = await objects.readSecret('sallyport-webhook');
    const { objects: emptied } = await start();
    expect(await emptied.writeSecret('sallyport-webhook', new Map(), read)).toBe(false);
  });
});

describe.each([
  ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'],
  ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'],
] as const)('the %s', (kind, plural) => {
  const path = `${registration}/${plural}/sallyport`;
  const caBundle = Buffer.from('a CA').toString('base64');
  const installed = {
    metadata: { name: 'sallyport', annotations: { 'sallyport.dev/installed-in': 'default' } },
    webhooks: [
      {
        name: 'a.sallyport.dev',
        clientConfig: { caBundle, service: { name: 'sallyport', namespace: 'default', path: '/x/validate' } },
      },
      { name: 'b.sallyport.dev', clientConfig: { url: 'https://b.example.com' } },
    ],
  };

  it('is read with its entries and with the installation that it belongs to', async () => {
    const { objects } = await start({ [path]: installed });
    expect(await objects.configuration(kind)).toEqual({
      claimedBy: 'default',
      entries: [
        { name: 'a.sallyport.dev', caBundle: 'a CA', path: '/x/validate', namespace: 'default' },
        { name: 'b.sallyport.dev', caBundle: undefined, path: undefined, namespace: undefined },
      ],
    });
  });

  it('that is not installed is none, and one that nobody claimed says so', async () => {
    expect(await (await start()).objects.configuration(kind)).toBeUndefined();
    const { objects } = await start({ [path]: { metadata: { name: 'sallyport' } } });
    expect(await objects.configuration(kind)).toEqual({ claimedBy: undefined, entries: [] });
  });

  it('gets CA bundle and path of each entry, the claim, and no other field', async () => {
    const { objects, changes } = await start({ [path]: installed });
    const entry: PublishedEntry = { name: 'a.sallyport.dev', caBundle: 'another CA', path: '/y/validate' };
    await objects.publish(kind, [entry]);
    expect(changes).toEqual([
      {
        method: 'PATCH',
        path,
        type: 'application/strategic-merge-patch+json',
        body: {
          metadata: { annotations: { 'sallyport.dev/installed-in': 'default' } },
          webhooks: [
            {
              name: 'a.sallyport.dev',
              clientConfig: {
                caBundle: Buffer.from('another CA').toString('base64'),
                service: { path: '/y/validate' },
              },
            },
          ],
        },
      },
    ]);
  });
});

describe('the report of a replica', () => {
  const report = { bundle: ['a', 'b'], servesUnder: ['a'], steadyMs: 65_000, lifeMs: 40_000 };

  it('is created, then renewed, and read back', async () => {
    const { objects, changes } = await start();
    await objects.report(report);
    const [first] = await objects.reports();
    expect(first).toMatchObject({ ...report, replica: 'sallyport-1' });
    await objects.report({ ...report, bundle: [], servesUnder: [] });
    expect(changes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${leases}/sallyport-1`,
      `PATCH ${leases}/sallyport-1`,
    ]);
    expect(await objects.reports()).toMatchObject([{ bundle: [], servesUnder: [] }]);
  });

  it('is deleted with the pod of the replica', async () => {
    const { objects, stored, api } = await start();
    await objects.report(report);
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'sallyport-1', uid: 'uid-1' };
    expect(stored.get(`${leases}/sallyport-1`)?.metadata).toMatchObject({ ownerReferences: [owner] });
    // A pod that does not know its uid has no owner to name.
    await ownObjects(api.config, { pod: 'sallyport-2', uid: undefined }).report(report);
    expect(stored.get(`${leases}/sallyport-2`)?.metadata).not.toHaveProperty('ownerReferences');
  });

  it('that may not be written is an error, and is not created instead', async () => {
    const { objects, changes } = await start({}, 403);
    await expect(objects.report(report)).rejects.toThrow();
    expect(changes).toEqual([]);
  });
});

describe('the Lease of the leader', () => {
  it('is taken by one of two that see it free', async () => {
    const { objects } = await start();
    expect(await objects.leadership()).toBeUndefined();
    expect(await objects.lead('one', 30_000)).toBe(true);
    expect(await objects.lead('other', 30_000)).toBe(false);
    expect(await objects.leadership()).toMatchObject({ holder: 'one' });
  });

  it('is renewed over the version that was read, and not over another', async () => {
    const { objects } = await start();
    await objects.lead('one', 30_000);
    const read = await objects.leadership();
    expect(await objects.lead('other', 30_000, read)).toBe(true);
    expect(await objects.lead('one', 30_000, read)).toBe(false);
    expect(await objects.leadership()).toMatchObject({ holder: 'other' });
  });

  it('that was given up has no holder', async () => {
    const { objects } = await start();
    await objects.lead('', 30_000);
    expect(await objects.leadership()).toMatchObject({ holder: '' });
  });
});
