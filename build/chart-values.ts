import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { optionalFamilies } from '../src/core/kinds/families.ts';
import { inputSchema } from './schemas.ts';

/** The values of the chart: values.yaml has their defaults and descriptions, and this file what each may be. */

export interface ChartValue {
  /** Such as `images.registry`. */
  readonly path: string;
  readonly description: string;
  /** Left out for a group, whose values follow. */
  readonly value?: unknown;
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

/** The paragraph above a key, as one line; the parser gives what is above the first key to the map. */
function commentOf(pair: Pair, map: YAMLMap): string {
  const first = map.items[0] === pair ? map.commentBefore : undefined;
  const own = isScalar(pair.key) ? pair.key.commentBefore : undefined;
  const [paragraph = ''] = (own ?? first ?? '').split('\n\n').slice(-1);
  return paragraph.trim().replaceAll('\n ', ' ');
}

function valuesIn(map: YAMLMap, prefix: string): ChartValue[] {
  return map.items.flatMap((pair) => {
    const path = `${prefix}${keyOf(pair)}`;
    const description = commentOf(pair, map);
    const { value } = pair;
    const [first] = isMap(value) ? value.items : [];
    // A map whose keys have no comments, such as resource requests, is one value.
    if (isMap(value) && first && commentOf(first, value) !== '')
      return [{ path, description }, ...valuesIn(value, `${path}.`)];
    return [{ path, description, value: isMap(value) || !isScalar(value) ? toJs(value) : value.value }];
  });
}

const toJs = (node: unknown): unknown => JSON.parse(JSON.stringify(node));

/** All values and groups of a values.yaml, in its order. */
export function chartValues(text: string): ChartValue[] {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new Error('values.yaml is not a map');
  return valuesIn(contents, '');
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const texts = { type: 'array', items: text } as const;
const free = { type: 'object' } as const;
const list = { type: 'array', items: free } as const;
const words = { type: 'object', additionalProperties: text } as const;
const strict = (properties: object) => ({ type: 'object', properties, additionalProperties: false });
const policy = { enum: ['Fail', 'Ignore'] };
const namespaceName = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63 };
const duration = { type: 'string', pattern: '^([0-9]+(ms|s|m|h))*$' };

/** Variables that the chart sets itself, and no reference to a Secret. */
const variable = {
  ...strict({
    name: { ...text, not: { enum: ['POD_NAME', 'POD_UID', 'SALLYPORT_LOG_LEVEL'] } },
    value: text,
    valueFrom: strict({ configMapKeyRef: free, fieldRef: free, resourceFieldRef: free }),
  }),
  required: ['name'],
};

const scrape = strict({ enabled: flag, labels: words, interval: duration });

function ownSchema(config: object) {
  return strict({
    replicas: { type: 'integer', minimum: 1 },
    images: strict({
      registry: text,
      server: text,
      proxy: text,
      pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
      pullSecrets: texts,
    }),
    config,
    families: strict(
      Object.fromEntries(optionalFamilies.map(({ name }) => [name, { type: ['boolean', 'null'] }])),
    ),
    failurePolicy: strict({ resources: policy, pods: policy }),
    webhook: strict({
      timeoutSeconds: { type: 'integer', minimum: 1, maximum: 30 },
      port: { type: 'integer', minimum: 1024, maximum: 65_535 },
      excludedNamespaces: { type: 'array', items: namespaceName },
    }),
    floor: strict({ enabled: { type: ['boolean', 'null'] } }),
    namespaces: { type: 'array', items: namespaceName },
    breakGlassGroups: texts,
    logLevel: { enum: ['debug', 'info', 'warn', 'error', 'silent'] },
    extraEnv: { type: 'array', items: variable },
    resources: strict({ server: free, certificates: free, watcher: free }),
    watcher: strict({ enabled: flag }),
    podAnnotations: words,
    podLabels: words,
    priorityClassName: text,
    nodeSelector: words,
    tolerations: list,
    affinity: free,
    topologySpread: strict({
      enabled: flag,
      whenUnsatisfiable: { enum: ['DoNotSchedule', 'ScheduleAnyway'] },
    }),
    topologySpreadConstraints: list,
    hostNetwork: strict({
      enabled: flag,
      dnsPolicy: { enum: ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default'] },
    }),
    pdb: strict({ enabled: flag }),
    networkPolicy: strict({ enabled: flag, from: list }),
    monitoring: strict({
      enabled: flag,
      podMonitor: scrape,
      serviceMonitor: scrape,
      prometheusRule: strict({
        enabled: flag,
        labels: words,
        runbookBaseURL: { type: 'string', pattern: '^https?://' },
      }),
      dashboard: strict({ enabled: flag, namespace: text, labels: words, annotations: words }),
    }),
    certManager: strict({ enabled: flag, issuerRef: free }),
    certificateFiles: strict({ served: free, authority: free }),
    test: strict({ namespace: text }),
    // Helm's own, where this is a part of another chart.
    global: { ...free, description: 'Values of Helm that charts share.' },
  });
}

interface Described {
  description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

/**
 * Names of properties as properties: of a rule code that does not exist, Helm otherwise says that the map around it must be
 * one of the codes.
 */
function withNamedProperties(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNamedProperties);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { propertyNames, additionalProperties, ...rest } = schema as {
    propertyNames?: { enum?: readonly string[] };
    additionalProperties?: unknown;
  };
  const names = propertyNames?.enum;
  const own = names
    ? {
        ...rest,
        properties: Object.fromEntries(names.map((name) => [name, additionalProperties])),
        additionalProperties: false,
      }
    : schema;
  return Object.fromEntries(Object.entries(own).map(([key, one]) => [key, withNamedProperties(one)]));
}

/** The schema of the values: `config` as the program itself reads it, and each description from `values.yaml`. */
export function valuesSchema(valuesText: string): string {
  const { $schema, $defs, ...configuration } = inputSchema();
  const { apiVersion: _version, kind: _kind, ...properties } = configuration.properties ?? {};
  // Through JSON, because parts are shared and each place gets a separate description.
  const schema = JSON.parse(
    JSON.stringify(withNamedProperties(ownSchema({ ...configuration, properties, required: [] }))),
  ) as Described;
  for (const { path, description } of chartValues(valuesText)) {
    const place = path.split('.').reduce<Described | undefined>((at, key) => at?.properties?.[key], schema);
    if (!place) throw new Error(`build/chart-values.ts does not know ${path} of values.yaml`);
    place.description = description;
  }
  return `${JSON.stringify({ $schema, $defs: withNamedProperties($defs), ...schema }, null, 2)}\n`;
}
