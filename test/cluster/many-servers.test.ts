import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { App, clusterIp, digest } from './app.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import {
  fromSecret,
  headersFrom,
  namespace,
  pod,
  secret,
  serverEntry,
  testNamespace,
  upstreamPod,
  upstreamService,
} from './objects.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('many-servers');
const app = new App(kubectl, ns, 'app');

const shortest = 's';
/** 253 characters, as many as a name may have, in parts of at most 63 between dots. */
const longest = ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(61)].join('.');

const others = Array.from({ length: 14 }, (_, i) => `number-${i + 7}`);

const authorization = (name: string, key: string) => ({
  headers: fromSecret(name, key),
  expected: { credential: digest(`Bearer ${name}/${key}`), headers: {} },
});

/** Twenty servers in one pod, the first ones each with the way to its credential that it is here for. */
const servers: Readonly<Record<string, { readonly headers: Manifest; readonly expected: object }>> = {
  'shortest-name': authorization(shortest, 'token'),
  'longest-name': authorization(longest, 'token'),
  'shares-one': authorization('shared', 'token'),
  'shares-the-same': authorization('shared', 'token'),
  'shares-with-another-key': authorization('shared', 'other.key_of-it'),
  'three-headers': {
    headers: headersFrom('three', { Authorization: 'a', 'X-Team': 'b', 'X-Tenant-Key': 'c' }),
    expected: {
      credential: digest('Bearer three/a'),
      headers: { 'x-team': digest('Bearer three/b'), 'x-tenant-key': digest('Bearer three/c') },
    },
  },
  ...Object.fromEntries(others.map((name) => [name, authorization(name, 'token')])),
};

const held = (name: string, ...keys: string[]) =>
  secret(ns, name, Object.fromEntries(keys.map((key) => [key, `Bearer ${name}/${key}`])));

beforeAll(async () => {
  expect(longest).toHaveLength(253);
  await kubectl.apply(
    namespace(ns),
    upstreamService(ns),
    upstreamPod(ns),
    ...[shortest, longest, ...others].map((name) => held(name, 'token')),
    held('shared', 'token', 'other.key_of-it'),
    held('three', 'a', 'b', 'c'),
  );
  const address = await clusterIp(kubectl, ns);
  const names = Object.keys(servers);
  await kubectl.apply(
    ...Object.entries(servers).map(([name, { headers }]) =>
      serverEntry(ns, name, headers, `http://${address}/${name}`),
    ),
    pod(ns, 'app', { servers: names.map((name) => `mcpserverentry/${name}`).join(', ') }),
  );
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
  await kubectl.wait(ns, 'pod/app', 'condition=Ready');
}, 90_000);

afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all']));

it.each(Object.entries(servers))('%s gets exactly its own credentials', async (name, { expected }) => {
  expect(await app.call(name)).toEqual({ path: `/${name}`, client: null, ...expected });
});

it('are the servers the pod was admitted with, whatever becomes of the resources', async () => {
  expect(Object.keys(servers)).toHaveLength(20);
  const [edited = '', deleted = ''] = others;
  const before = [await app.call(edited), await app.call(deleted)];
  await kubectl.apply(serverEntry(ns, edited, fromSecret(edited, 'token'), 'https://elsewhere.example.com/'));
  await kubectl.run(['delete', '-n', ns, 'mcpserverentry', deleted]);
  expect([await app.call(edited), await app.call(deleted)]).toEqual(before);
  // A new pod is another matter.
  expect(await kubectl.refused(pod(ns, 'late', { servers: `mcpserverentry/${deleted}` }))).toContain(
    `mcpserverentry/${deleted} does not exist in the namespace of the pod`,
  );
});
