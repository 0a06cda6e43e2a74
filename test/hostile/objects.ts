import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { isAlwaysCovered } from '../../src/core/kinds/always-covered.ts';
import { compileKinds, describedKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { defaultProxyImage } from '../../src/core/version.ts';
import type { Manifest } from '../cluster/kubectl.ts';
import { pod, serverConfigMap } from '../cluster/objects.ts';
import { fixtureFolders, objectsOf } from '../kinds/fixtures.ts';

/**
 * Objects that a tenant writes to stop the webhooks: of 100 kB to 3 MB, for every kind, for pods and for what operators
 * make. Those of the kinds come out of the kinds' own fixtures, so that a new kind has its hostile objects as well.
 */
export interface HostileRequest {
  readonly title: string;
  /** `plural.group`. */
  readonly resource: string;
  readonly name: string;
  /** Of the API server, to which the body is posted. */
  readonly path: string;
  /** JSON. */
  readonly body: string;
}

interface Hostile {
  readonly title: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly object: Manifest;
}

type Fields = Record<string, unknown>;

/** What the API server takes of one request is 3 MiB; a review holds some more. */
const sizes = [200_000, 350_000, 1_000_000, 2_500_000] as const;
/** What grew to less has nothing that could grow in that way. */
const smallest = 80_000;
/** As deep as the API server's own decoder goes; JSON.stringify would need the depth on its stack. */
const deepest = 9_000;
const deep = 'AS-DEEP-AS-JSON-GOES';
const deepText = `${'{"a":'.repeat(deepest)}"x"${'}'.repeat(deepest)}`;

const times = <T>(count: number, one: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => one(i));

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

/** Another item of a list: what its author would have to name otherwise has another name. */
function renamed(item: unknown, i: number): unknown {
  if (typeof item === 'string') return `${item}-${i}`;
  if (!isFields(item)) return item;
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) =>
      ['name', 'headerName', 'key', 'url', 'secretName'].includes(key) && typeof value === 'string'
        ? [key, `${value}-${i}`]
        : [key, isFields(value) ? renamed(value, i) : value],
    ),
  );
}

/** Every list of an object, grown until the object is that large in all. The same items, or each with other names. */
function withLongLists(value: unknown, room: number, distinct: boolean): unknown {
  const lists = countOf(value, (one) => Array.isArray(one) && one.length > 0);
  const share = room / Math.max(lists, 1);
  return grown(value, (list) => {
    if (!Array.isArray(list) || list.length === 0) return list;
    const last: unknown = list.at(-1);
    const more = Math.floor(share / Math.max(sizeOf(last) + 8, 4));
    return [...list, ...Array.from({ length: more }, (_, i) => (distinct ? renamed(last, i) : last))];
  });
}

/** Every map of texts, filled with names that look like credentials. */
function withLongMaps(value: unknown, room: number): unknown {
  const isMap = (one: unknown) =>
    isFields(one) &&
    Object.keys(one).length > 0 &&
    Object.values(one).every((text) => typeof text === 'string');
  const share = room / Math.max(countOf(value, isMap), 1);
  return grown(value, (map) => {
    if (!isMap(map)) return map;
    const entry = (i: number) => [`X-Api-Token-${i}`, `value-${i}-of-nothing`] as const;
    const more = Math.floor(share / 48);
    return { ...(map as Fields), ...Object.fromEntries(Array.from({ length: more }, (_, i) => entry(i))) };
  });
}

/** Every text, made as long as there is room: what a careless expression reads again from each of its characters. */
function withLongTexts(value: unknown, room: number, filler: string): unknown {
  const share =
    room /
    Math.max(
      countOf(value, (one) => typeof one === 'string'),
      1,
    );
  return grown(value, (text) =>
    typeof text === 'string' ? text + filler.repeat(Math.floor(share / filler.length)) : text,
  );
}

const countOf = (value: unknown, wanted: (one: unknown) => boolean): number =>
  (wanted(value) ? 1 : 0) +
  (Array.isArray(value)
    ? (value as readonly unknown[])
    : isFields(value)
      ? Object.values(value)
      : []
  ).reduce<number>((sum, one) => sum + countOf(one, wanted), 0);

/** From the innermost outwards. */
function grown(value: unknown, grow: (one: unknown) => unknown): unknown {
  if (Array.isArray(value)) return grow(value.map((one: unknown) => grown(one, grow)));
  if (!isFields(value)) return grow(value);
  return grow(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, grown(one, grow)])));
}

/** `spec`, or a ConfigMap's `data`. */
const contentOf = (object: Fields) => ('spec' in object ? 'spec' : 'data');

const kinds = compileKinds();

/** The ways to make an object of a kind large, by what grows. */
const ways: readonly (readonly [string, (content: unknown, room: number) => unknown])[] = [
  ['the same item in every list', (content, room) => withLongLists(content, room, false)],
  ['another item in every list', (content, room) => withLongLists(content, room, true)],
  ['names in every map', withLongMaps],
  ['blanks in every text', (content, room) => withLongTexts(content, room, ' ')],
  ['openings in every text', (content, room) => withLongTexts(content, room, '${')],
];

function ofKinds(namespace: string): Hostile[] {
  return fixtureFolders.flatMap((folder, at) => {
    const known = objectsOf(folder, 'good.yaml').filter((object) => {
      const { group } = splitApiVersion(object.apiVersion);
      const kind = kinds.find(group, object.kind);
      return (
        kind?.selects(object) === true && folder === (group === '' ? kind.plural : `${kind.plural}.${group}`)
      );
    });
    // The one that says most has most to grow.
    const [largest] = known.toSorted((a, b) => sizeOf(b) - sizeOf(a));
    if (!largest) return [];
    const { group, version } = splitApiVersion(largest.apiVersion);
    const plural = kinds.find(group, largest.kind)?.plural ?? '';
    const content = contentOf(largest);
    // The readers are the same for every kind: of a family that few clusters have, two ways show that it is read.
    const { family, group: ofFamily } = kinds.find(group, largest.kind) ?? { family: '', group: '' };
    const used = isAlwaysCovered({ family, group: ofFamily }) ? ways : ways.slice(1, 3);
    return used.flatMap(([way, grow], i): Hostile[] => {
      const size = sizes[(at + i) % sizes.length] ?? sizes[0];
      const name = `hostile-${i}`;
      const object = { ...largest, metadata: { ...largest.metadata, namespace, name } } as Fields;
      const hostile = {
        title: `${folder}: ${way}, ${size} bytes`,
        group,
        version,
        plural,
        object: { ...object, [content]: grow(object[content], size) },
      };
      // A kind without lists has none to grow.
      return sizeOf(hostile.object) < smallest ? [] : [hostile];
    });
  });
}

const toolhive = { group: 'toolhive.stacklok.dev', version: 'v1beta1' } as const;
const entry = (namespace: string, name: string, spec: object, annotations: object = {}): Manifest => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { namespace, name, annotations },
  spec: {
    remoteUrl: 'https://mcp.example.com/mcp',
    transport: 'streamable-http',
    groupRef: { name: 'tools' },
    ...spec,
  },
});

/** What was found to stop a webhook, as it was found, and what is like it. */
function found(namespace: string): Hostile[] {
  const headers = (count: number) => Object.fromEntries(times(count, (i) => [`X-Api-Key-${i}`, `k${i}`]));
  const kmcp = (name: string, deployment: object): Hostile => ({
    title: `kmcp: ${name}`,
    group: 'kagent.dev',
    version: 'v1alpha1',
    plural: 'mcpservers',
    object: {
      apiVersion: 'kagent.dev/v1alpha1',
      kind: 'MCPServer',
      metadata: { namespace, name: `hostile-${name.replaceAll(/[^a-z0-9]+/g, '-')}` },
      spec: {
        transportType: 'stdio',
        deployment: { image: 'registry.example.com/a:1', port: 3000, cmd: 'a', ...deployment },
      },
    },
  });
  const configMap = (name: string, text: string): Hostile => ({
    title: `a server's ConfigMap: ${name}`,
    group: '',
    version: 'v1',
    plural: 'configmaps',
    object: serverConfigMap(namespace, `hostile-${name.replaceAll(/[^a-z0-9]+/g, '-')}`, text),
  });
  const entries = (name: string, spec: object, annotations: object = {}): Hostile => ({
    title: `MCPServerEntry: ${name}`,
    ...toolhive,
    plural: 'mcpserverentries',
    object: entry(namespace, `hostile-${name.replaceAll(/[^a-z0-9]+/g, '-')}`, spec, annotations),
  });
  const secretHeaders = (count: number, secretOf: (i: number) => string) => ({
    headerForward: {
      addHeadersFromSecret: times(count, (i) => ({
        headerName: `X-H-${i}`,
        valueSecretRef: { name: secretOf(i), key: 'token' },
      })),
    },
  });
  return [
    kmcp('80,000 blanks in an argument', { args: [`ab${' '.repeat(80_000)}`] }),
    kmcp('300 kB of blanks in an argument', { args: [`ab${' '.repeat(300_000)}`] }),
    kmcp('20,000 secretRefs', { secretRefs: times(20_000, (i) => ({ name: `s${i}` })) }),
    kmcp('20,000 arguments', { args: times(20_000, (i) => `--token-${i}=value${i}`) }),
    kmcp('20,000 variables', { env: Object.fromEntries(times(20_000, (i) => [`API_TOKEN_${i}`, `v${i}`])) }),
    entries('50,000 headers in plain text', { headerForward: { addPlaintextHeaders: headers(50_000) } }),
    entries('60,000 headers in plain text', { headerForward: { addPlaintextHeaders: headers(60_000) } }),
    entries(
      '10,000 Secrets',
      secretHeaders(10_000, (i) => `missing-${i}`),
    ),
    entries(
      '600 Secrets',
      secretHeaders(600, (i) => `missing-${i}-${'x'.repeat(150)}`),
    ),
    entries(
      '20,000 headers of one Secret',
      secretHeaders(20_000, () => 'missing'),
    ),
    entries('a URL of 1 MB', { remoteUrl: `https://mcp.example.com/${'a/../'.repeat(200_000)}` }),
    entries('a URL with 100,000 parameters', {
      remoteUrl: `https://mcp.example.com/?${times(100_000, (i) => `key${i}=v`).join('&')}`,
    }),
    entries('a header of 1 MB', {
      headerForward: { addPlaintextHeaders: { Authorization: `Bearer ${'${'.repeat(500_000)}` } },
    }),
    entries('an annotation of 1 MB', {}, { 'sallyport.dev/client-tls-secret': 'a,'.repeat(500_000) }),
    configMap(
      '1 MB of headers',
      `url: https://a.example.com\nheaders:\n${times(25_000, (i) => `  - {name: X-${i}, value: v}\n`).join('')}`,
    ),
    configMap('aliases that grow', aliases(24)),
    configMap('brackets', `url: ${'['.repeat(300_000)}`),
    configMap('nested maps', `url: ${'{a: '.repeat(60_000)}x${'}'.repeat(60_000)}`),
    configMap('one key of 900 kB', `${'k'.repeat(900_000)}: x`),
    configMap('300,000 documents', '---\n'.repeat(225_000)),
    {
      title: 'a VirtualMCPServer with a pod template as deep as JSON goes',
      ...toolhive,
      plural: 'virtualmcpservers',
      object: {
        apiVersion: 'toolhive.stacklok.dev/v1beta1',
        kind: 'VirtualMCPServer',
        metadata: { namespace, name: 'hostile-deep' },
        spec: {
          groupRef: { name: 'tools' },
          incomingAuth: { type: 'anonymous' },
          podTemplateSpec: { spec: { containers: deep, b: 'x'.repeat(100_000) } },
        },
      },
    },
  ];
}

/** Nine to the power of the depth, if each alias is followed. */
const aliases = (depth: number): string =>
  `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from(
    { length: depth },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(',')}]\n`,
  ).join('')}url: *a${depth}\n#${'x'.repeat(100_000)}\n`;

function ofPods(namespace: string): Hostile[] {
  const asking = (name: string, servers: string, spec: object = {}, annotations: object = {}): Hostile => {
    const made = pod(namespace, `hostile-${name.replaceAll(/[^a-z0-9]+/g, '-').toLowerCase()}`, { servers });
    const metadata = made['metadata'] as Fields;
    return {
      title: `a labelled pod: ${name}`,
      group: '',
      version: 'v1',
      plural: 'pods',
      object: {
        ...made,
        metadata: { ...metadata, annotations: { ...(metadata['annotations'] as object), ...annotations } },
        spec: { ...(made['spec'] as object), ...spec },
      },
    };
  };
  const app = (more: object) => ({ containers: [{ name: 'app', image: 'app:test', ...more }] });
  const one = 'mcpserverentry/asked-for';
  const proxy = (config: string) => ({
    initContainers: [
      {
        name: 'sallyport-proxy',
        image: defaultProxyImage,
        restartPolicy: 'Always',
        env: [{ name: 'SALLYPORT_CONFIG', value: config }],
      },
    ],
  });
  const operators = (name: string, labels: object, spec: object): Hostile[] => {
    const metadata = { namespace, name: `hostile-${name}`, labels };
    const template = { metadata: { labels }, spec: { restartPolicy: 'Never', ...spec } };
    return [
      {
        title: `a Job of an operator: ${name}`,
        group: 'batch',
        version: 'v1',
        plural: 'jobs',
        object: { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { template } },
      },
      {
        title: `a pod of an operator: ${name}`,
        group: '',
        version: 'v1',
        plural: 'pods',
        object: { apiVersion: 'v1', kind: 'Pod', metadata, spec: template.spec },
      },
      {
        title: `a StatefulSet of an operator: ${name}`,
        group: 'apps',
        version: 'v1',
        plural: 'statefulsets',
        object: {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          metadata,
          spec: {
            serviceName: 'none',
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { ...spec } },
          },
        },
      },
    ];
  };
  const kelosLabels = { 'kelos.dev/task': 'hostile' };
  const servers = (count: number) =>
    JSON.stringify({
      mcpServers: Object.fromEntries(
        times(count, (i) => [
          `s${i}`,
          { type: 'http', url: 'https://a.example.com', headers: { A: `v${i}` } },
        ]),
      ),
    });
  const agent = (more: object) => ({ containers: [{ name: 'kelos-agent', image: 'app:test', ...more }] });
  return [
    asking('5,000 servers', times(5_000, (i) => `mcpserverentry/s${i}`).join(',')),
    asking('100,000 times one server', times(100_000, () => one).join(',')),
    asking('1 MB of blanks', `${one}${' '.repeat(1_000_000)}`),
    asking('1 MB of commas', `${one}${','.repeat(1_000_000)}`),
    asking('a name of 1 MB', `mcpserverentry/${'a.'.repeat(500_000)}`),
    asking('4,000 containers', one, {
      containers: times(4_000, (i) => ({ name: `c${i}`, image: 'app:test' })),
    }),
    asking('40,000 variables', one, app({ env: times(40_000, (i) => ({ name: `V${i}`, value: 'x' })) })),
    asking('a variable of 2.9 MB', one, app({ env: [{ name: 'HTTP_PROXY', value: 'a'.repeat(2_900_000) }] })),
    asking(
      'NO_PROXY of 1 MB',
      one,
      app({
        env: [
          { name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' },
          { name: 'NO_PROXY', value: 'a.example.com,'.repeat(70_000) },
        ],
      }),
    ),
    asking('20,000 volumes', one, { volumes: times(20_000, (i) => ({ name: `v${i}`, emptyDir: {} })) }),
    asking(
      '20,000 mounts',
      one,
      app({ volumeMounts: times(20_000, (i) => ({ name: 'v', mountPath: `/m${i}` })) }),
    ),
    asking('10,000 ports', one, app({ ports: times(10_000, (i) => ({ containerPort: 10_000 + i })) })),
    asking(
      '100,000 pinned ports',
      one,
      {},
      { 'sallyport.dev/ports': times(100_000, (i) => `s${i}=${20_000 + (i % 9)}`).join(',') },
    ),
    asking(
      'a proxy with a configuration of 2 MB',
      one,
      proxy(`{"servers":[${'{"a":'.repeat(1_000)}`.padEnd(2_000_000)),
    ),
    asking(
      'a proxy with 20,000 servers',
      one,
      proxy(JSON.stringify({ version: 1, servers: times(20_000, (i) => ({ name: `s${i}` })) })),
    ),
    asking('1,000 proxies', one, {
      initContainers: times(1_000, () => ({ name: 'sallyport-proxy', image: 'a', args: ['x'.repeat(200)] })),
    }),
    ...operators(
      '20000-servers',
      kelosLabels,
      agent({ env: [{ name: 'KELOS_MCP_SERVERS', value: servers(20_000) }] }),
    ),
    ...operators(
      'deep',
      kelosLabels,
      agent({ env: [{ name: 'KELOS_MCP_SERVERS', value: '{"mcpServers":'.repeat(50_000) }] }),
    ),
    ...operators(
      '40000-variables',
      { kagent: 'hostile' },
      agent({ env: times(40_000, (i) => ({ name: `V${i}`, value: 'x' })) }),
    ),
    ...operators(
      '20000-mounts',
      { toolhive: 'true' },
      agent({ args: times(20_000, (i) => `--flag-${i}=x`) }),
    ),
  ];
}

const withoutNamespace = new Set(
  describedKinds()
    .filter(({ scope }) => scope === 'Cluster')
    .map(({ plural, group }) => inGroup(plural, group)),
);
const within = (namespace: string, plural: string, group: string): string =>
  withoutNamespace.has(inGroup(plural, group)) ? '' : `namespaces/${namespace}/`;

/** All of them, in one namespace where they have one, as their author sends them. */
export const hostileRequests = (namespace: string): readonly HostileRequest[] =>
  [...found(namespace), ...ofPods(namespace), ...ofKinds(namespace)].map(
    ({ title, group, version, plural, object }) => ({
      title,
      resource: inGroup(plural, group),
      name: (object['metadata'] as { readonly name: string }).name,
      path: `/${group === '' ? 'api' : `apis/${group}`}/${version}/${within(namespace, plural, group)}${plural}`,
      body: JSON.stringify(object).replace(`"${deep}"`, deepText),
    }),
  );
