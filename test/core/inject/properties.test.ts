import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../../src/core/inject/apply.ts';
import { toPatch } from '../../../src/core/inject/edit.ts';
import type { Fields } from '../../../src/core/k8s/objects.ts';
import {
  decodeProxyConfig,
  encodeProxyConfig,
  serversDir,
} from '../../../src/core/contracts/proxy-contract.ts';
import { agentConfig, injectInto, kmcpServer, planned, podWith, remoteProxy, secret } from './world.ts';

type Json = Record<string, unknown>;

const objects = [
  remoteProxy('github', { Authorization: 'gh/token', 'X-Client': 'gh/client' }),
  remoteProxy(
    'dollar',
    {},
    {
      remoteUrl: 'https://d.example.com/$(HOME)/mcp?a=$x',
      headerForward: { addPlaintextHeaders: { 'X-Tenant': '$(NAME) and $$' } },
    },
  ),
  agentConfig('tools', [
    {
      name: 'one',
      type: 'http',
      url: 'https://one.example.com/mcp',
      headersFrom: { secretRef: { name: 'h' } },
    },
    { name: 'two', type: 'sse', url: 'https://two.example.com/sse' },
  ]),
  kmcpServer('search', { tls: { secretRef: 'pair' } }),
  secret('pair', 'tls.crt', 'tls.key', 'ca.crt'),
];
const wanted = [
  'mcpremoteproxy/github',
  'mcpremoteproxy/dollar',
  'agentconfig/tools',
  'mcpserver/search=find',
];

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => !text.startsWith('sallyport'));
const future = fc.dictionary(
  fc.stringMatching(/^x[A-Z][a-z]{1,6}$/),
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  { maxKeys: 2 },
);
const listOrNothing = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(fc.constant(undefined), fc.constant(null), fc.array(item, { maxLength: 3 }));
const variable = fc.record({
  name: fc.constantFrom('PATH', 'NODE_ENV', 'HTTP_PROXY', 'A'),
  value: fc.string({ maxLength: 5 }),
});
const mount = fc.record({ name: word, mountPath: word.map((text) => `/data/${text}`) });
const port = fc.record({ containerPort: fc.integer({ min: 14700, max: 14720 }) });
const container = fc
  .tuple(
    fc.record({
      env: listOrNothing(variable),
      volumeMounts: listOrNothing(mount),
      ports: listOrNothing(port),
    }),
    future,
  )
  .map(([fields, more]): Json => ({ ...more, ...fields }));
const named = (prefix: string) => (list: readonly Json[] | null | undefined) =>
  list?.map((one, i): Json => ({ ...one, name: `${prefix}${i}` })) ?? list;

const pods = fc
  .record({
    servers: fc.subarray(wanted, { minLength: 1 }),
    containers: fc.array(container, { minLength: 1, maxLength: 3 }).map(named('app')),
    initContainers: listOrNothing(container).map(named('init')),
    volumes: listOrNothing(fc.record({ name: word, emptyDir: fc.constant({}) })),
    metadata: fc.dictionary(word, fc.string(), { maxKeys: 2 }),
    spec: future,
    root: future,
  })
  .map(({ servers, containers, initContainers, volumes, metadata, spec, root }) => {
    const pod = podWith({ servers: servers.join(',') }, { ...spec, containers, initContainers, volumes });
    const own = pod['metadata'] as { annotations: Json };
    // As JSON, which is how a pod comes: a field that is undefined is not there.
    return JSON.parse(
      JSON.stringify({
        ...root,
        ...pod,
        metadata: { ...own, annotations: { ...metadata, ...own.annotations } },
      }),
    ) as Fields;
  });

const isOurs = ({ name, value }: Json) =>
  String(name).startsWith('sallyport-') ||
  String(name).startsWith('SALLYPORT_') ||
  (/^no_proxy$/i.test(String(name)) && String(value).endsWith('127.0.0.1,localhost'));
const orNothing = (list: unknown) => ((list ?? []) as Json[]).filter((one) => !isOurs(one));

/** The pod without everything of ours; null and missing lists count as empty, because one of ours may have made them. */
function withoutOurs(pod: Fields): unknown {
  const { spec, metadata, ...rest } = pod as { spec: Json; metadata: Json } & Json;
  const strip = (list: unknown) =>
    orNothing(list).map((one) => ({
      ...one,
      env: orNothing(one['env']),
      volumeMounts: orNothing(one['volumeMounts']),
    }));
  const without = (map: unknown, ...keys: string[]) =>
    Object.fromEntries(Object.entries((map ?? {}) as Json).filter(([key]) => !keys.includes(key)));
  return {
    ...rest,
    metadata: {
      ...metadata,
      labels: without(metadata['labels'], 'sallyport.dev/injected'),
      annotations: without(metadata['annotations'], 'sallyport.dev/status', 'sallyport.dev/mcp-config'),
    },
    spec: {
      ...spec,
      initContainers: strip(spec['initContainers']),
      containers: strip(spec['containers']),
      volumes: orNothing(spec['volumes']),
    },
  };
}

/** What the API server writes into our additions before it stores them. */
function withDefaults(pod: Fields): Fields {
  const copy = structuredClone(pod) as { spec: { initContainers: Json[]; volumes: Json[] } } & Fields;
  const [sidecar = {}] = copy.spec.initContainers;
  Object.assign(sidecar, {
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  Object.assign(sidecar['startupProbe'] as Json, { successThreshold: 1, initialDelaySeconds: 0 });
  for (const mounted of sidecar['volumeMounts'] as Json[]) mounted['recursiveReadOnly'] = 'Disabled';
  for (const volume of copy.spec.volumes.filter(isOurs)) {
    const projected = volume['projected'] as Json | undefined;
    if (projected) projected['defaultMode'] ??= 420;
    const downward = volume['downwardAPI'] as
      { items: { fieldRef: Json }[]; defaultMode?: number } | undefined;
    if (!downward) continue;
    downward.defaultMode = 420;
    for (const { fieldRef } of downward.items) fieldRef['apiVersion'] = 'v1';
  }
  return copy;
}

describe('for any pod', () => {
  it('the patch only adds, keeps every field, is always the same, and a second run adds nothing', async () => {
    await fc.assert(
      fc.asyncProperty(pods, async (pod) => {
        const before = JSON.stringify(pod);
        const operations = toPatch(planned(await injectInto(pod, objects)).edits);
        expect(JSON.stringify(toPatch(planned(await injectInto(pod, objects)).edits))).toBe(
          JSON.stringify(operations),
        );
        expect(JSON.stringify(pod)).toBe(before);
        expect(new Set(operations.map(({ op }) => op))).toEqual(new Set(['add']));

        const after = applyPatch(pod, operations);
        expect(withoutOurs(after)).toEqual(withoutOurs(pod));
        expect(planned(await injectInto(after, objects)).edits).toEqual([]);
        expect(planned(await injectInto(withDefaults(after), objects)).edits).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('the proxy comes first, alone mounts the servers, and reads the configuration we meant', async () => {
    await fc.assert(
      fc.asyncProperty(pods, async (pod) => {
        const { edits, servers } = planned(await injectInto(pod, objects));
        const spec = applyPatch(pod, toPatch(edits))['spec'] as Record<string, Json[]>;
        const [sidecar, ...others] = spec['initContainers'] ?? [];
        expect(sidecar?.['name']).toBe('sallyport-proxy');
        expect(others.every((one) => one['name'] !== 'sallyport-proxy')).toBe(true);

        const volumes = new Set((spec['volumes'] ?? []).map(({ name }) => name));
        const mountsOf = (one: Json) => (one['volumeMounts'] ?? []) as { name: string; mountPath: string }[];
        const ours = mountsOf(sidecar ?? {});
        for (const { name } of ours) expect(volumes).toContain(name);
        const private_ = ours.map(({ name }) => name);
        for (const one of [...others, ...(spec['containers'] ?? [])]) {
          const owned = mountsOf(one).filter(({ name }) => name.startsWith('sallyport-'));
          expect(owned.map(({ mountPath }) => mountPath)).toEqual(['/var/run/sallyport']);
          for (const { name } of owned) expect(volumes.has(name) && !private_.includes(name)).toBe(true);
        }

        const [first] = (sidecar?.['env'] as { value: string }[] | undefined) ?? [];
        const text = first?.value ?? '';
        expect(text).not.toContain('$');
        const config = decodeProxyConfig(text);
        expect(encodeProxyConfig(config)).toBe(text);
        const dirs = config.servers.map(({ dir }) => dir);
        expect(ours.map(({ mountPath }) => mountPath).filter((dir) => dir.startsWith(serversDir))).toEqual(
          dirs,
        );
        expect(servers.map(({ url }) => Number(new URL(url).port))).toEqual(
          config.servers.map((one) => one.port),
        );
      }),
      { numRuns: 60 },
    );
  });
});

it('a literal header and a URL with dollars reach the proxy as they were written', async () => {
  const { servers } = planned(await injectInto(podWith({ servers: 'mcpremoteproxy/dollar' }), objects));
  expect(servers[0]?.config).toMatchObject({
    upstream: 'https://d.example.com/$(HOME)/mcp?a=$x',
    headers: [{ name: 'X-Tenant', value: '$(NAME) and $$' }],
  });
});

it('no credential of a Secret or a plain-text header is ever in an edit', async () => {
  const token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
  const inline = remoteProxy(
    'inline',
    {},
    { headerForward: { addPlaintextHeaders: { 'X-Harmless': token } } },
  );
  const allowed = { modes: { ceiling: 'audit' }, exemptions: [] };
  const refused = await injectInto(podWith({ servers: 'mcpremoteproxy/inline' }), [inline], allowed);
  expect(refused.kind).toBe('denied');
  expect(JSON.stringify(refused)).not.toContain(token);
  const plan = planned(await injectInto(podWith({ servers: wanted.join(',') }), objects));
  expect(JSON.stringify(plan.edits)).not.toContain('value of ');
});
