import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { kubeInventory } from '../../src/kube/inventory.ts';
import { KeepAliveConfig } from '../../src/kube/keep-alive.ts';

const authority = createAuthority('api-ca');
const certificate = authority.then((ca) =>
  ca.issue({ commonName: 'kubernetes', names: ['127.0.0.1'], usage: 'server' }),
);

type Reply = readonly [code: number, body: object | string];
const page = (names: readonly string[], next = ''): Reply => [
  200,
  {
    metadata: { continue: next, resourceVersion: '7' },
    items: names.map((name) => ({ metadata: { name, namespace: 'team-a' } })),
  },
];
const status = (code: number, metadata = {}): Reply => [
  code,
  { kind: 'Status', code, metadata, message: 'canary' },
];

/** Answers by path and continue token; anything else is 404. */
async function inventoryOf(replies: Readonly<Record<string, Reply>>, namespace?: string) {
  const asked: string[] = [];
  const accepted: (string | undefined)[] = [];
  const { certificate: cert, key } = await certificate;
  const server = createServer({ cert, key }, (req, res) => {
    const url = new URL(req.url ?? '', 'https://x');
    const token = url.searchParams.get('continue');
    const target = `${url.pathname}${token === null ? '' : ` after ${token}`}`;
    accepted.push(req.headers.accept);
    asked.push(`${req.headers.authorization ?? ''} ${target}`);
    const [code, body] = replies[target] ?? status(404);
    res.writeHead(code).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const config = new KeepAliveConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'test',
        server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        caData: Buffer.from((await authority).certificate).toString('base64'),
      },
    ],
    users: [{ name: 'test', token: 'mine' }],
    contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
    currentContext: 'test',
  });
  return { inventory: kubeInventory(config, namespace), asked, accepted, server };
}

const deadline = () => new AbortController();
const kindOf = (group: string, name: string) => {
  const kind = compileKinds().find(group, name);
  if (!kind) throw new Error(`no kind ${name}`);
  return kind;
};
async function names(all: AsyncIterable<{ owner: { version: string; name: string } }>): Promise<string[]> {
  const found: string[] = [];
  for await (const { owner } of all) found.push(`${owner.version}/${owner.name}`);
  return found;
}
const pods = '/api/v1/pods';
const entries = (version: string) => `/apis/toolhive.stacklok.dev/${version}/mcpserverentries`;

describe('a list of a live cluster', () => {
  it('is read page by page to its end', async () => {
    const { inventory, asked } = await inventoryOf({
      [pods]: page(['a', 'b'], 'x'),
      [`${pods} after x`]: page(['c'], 'y'),
      [`${pods} after y`]: page([]),
    });
    expect(await names(inventory.pods(deadline()))).toEqual(['v1/a', 'v1/b', 'v1/c']);
    expect(asked).toEqual([pods, `${pods} after x`, `${pods} after y`].map((one) => `Bearer mine ${one}`));
  });

  it('that took too long goes on with the token the API server gives for it', async () => {
    const { inventory } = await inventoryOf({
      [pods]: page(['a'], 'old'),
      [`${pods} after old`]: status(410, { continue: 'new' }),
      [`${pods} after new`]: page(['b']),
    });
    expect(await names(inventory.pods(deadline()))).toEqual(['v1/a', 'v1/b']);
  });

  it('of Secrets is of their metadata alone, so that no value is sent', async () => {
    const { inventory, accepted } = await inventoryOf({ '/api/v1/secrets': page(['a']) });
    expect(await names(inventory.others('secrets', deadline()))).toEqual(['v1/a']);
    expect(accepted).toEqual(['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1']);
  });

  it('of namespaces is not asked for where only one is checked', async () => {
    const { inventory, asked } = await inventoryOf({ '/api/v1/namespaces': page(['a']) }, 'team-a');
    expect(await names(inventory.others('namespaces', deadline()))).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('of one namespace asks for that namespace alone', async () => {
    const { inventory, asked } = await inventoryOf(
      { '/api/v1/namespaces/team-a/pods': page(['a']) },
      'team-a',
    );
    expect(await names(inventory.pods(deadline()))).toEqual(['v1/a']);
    expect(asked).toHaveLength(1);
  });

  it('is taken in the newest version that is served', async () => {
    const { inventory } = await inventoryOf({ [entries('v1alpha1')]: page(['old']) });
    const kind = kindOf('toolhive.stacklok.dev', 'MCPServerEntry');
    expect(kind.versions).toEqual(['v1beta1', 'v1alpha1']);
    expect(await names(inventory.resources(kind, deadline()))).toEqual(['v1alpha1/old']);
  });

  it('of a kind that is not installed is empty', async () => {
    const { inventory } = await inventoryOf({});
    const kind = kindOf('toolhive.stacklok.dev', 'MCPServerEntry');
    expect(await names(inventory.resources(kind, deadline()))).toEqual([]);
  });

  it.each<[string, Reply, string]>([
    ['is not allowed', status(403), 'you may not list them (the API server responded with 403)'],
    ['needs another login', status(401), 'you may not list them (the API server responded with 401)'],
    ['fails', status(500), 'the API server responded with 500'],
    ['is no list', [200, 'a proxy in between says hello'], 'the API server responded with 200'],
  ])('that %s is an error that quotes nobody', async (_, reply, message) => {
    const { inventory } = await inventoryOf({ [pods]: reply });
    await expect(names(inventory.pods(deadline()))).rejects.toThrow(message);
  });

  it('that breaks off is an error, not the end', async () => {
    const { inventory } = await inventoryOf({ [pods]: page(['a'], 'x'), [`${pods} after x`]: status(404) });
    await expect(names(inventory.pods(deadline()))).rejects.toThrow('the API server responded with 404');
  });

  it('of an API server that is gone says so', async () => {
    const { inventory, server } = await inventoryOf({});
    server.close();
    await expect(names(inventory.pods(deadline()))).rejects.toThrow('cannot be reached');
  });
});
