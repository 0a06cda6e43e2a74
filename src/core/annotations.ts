import { modes } from './modes.ts';

/** Every label and annotation of Sallyport, in one place. */

export const ownDomain = 'sallyport.dev';

/** Opts a pod in. It is the webhook's objectSelector, so an outage of Sallyport touches no other pod. */
export const injectLabel = 'sallyport.dev/inject';
/** Written on injected pods, for `kubectl get -l` and NetworkPolicies. Never trusted. */
export const injectedLabel = 'sallyport.dev/injected';

/** On a Namespace: one mode for all rules, where the platform lets namespaces choose it. */
export const modeLabel = 'sallyport.dev/mode';

export const podAnnotations = {
  /** Which servers: `kind[.group]/name[/server][=alias], ...`, all from the pod's own namespace. */
  servers: 'sallyport.dev/servers',
  /** Pins ports: `github=14731, ...`, by the name the app sees. */
  ports: 'sallyport.dev/ports',
  /** Narrows which containers get our environment and mcp.json: `app, worker`. */
  containers: 'sallyport.dev/containers',
  /** `debug`, `info`, `warn` or `error`, for the proxy alone. */
  logLevel: 'sallyport.dev/proxy-log-level',
  /** A quantity within bounds, for an app that keeps very many streams open. */
  memoryLimit: 'sallyport.dev/proxy-memory-limit',
  /** `others=pass` or `others=refuse`: a listener for an app that takes an HTTP proxy but no other URL. */
  forward: 'sallyport.dev/forward',
  /** Written: servers with reference and port. Information; nothing of ours reads it back. */
  status: 'sallyport.dev/status',
  /** Written: the app's mcp.json, mounted from here by the downward API. */
  mcpConfig: 'sallyport.dev/mcp-config',
} as const;

/** On custom resources whose CRD has no field for a client certificate or a CA. */
export const crAnnotations = {
  clientTlsSecret: 'sallyport.dev/client-tls-secret',
  caSecret: 'sallyport.dev/ca-secret',
  caConfigMap: 'sallyport.dev/ca-configmap',
} as const;

/** On a gateway's resource: `true` lets pods call its upstream themselves, around its own authorization. */
export const allowDirect = 'sallyport.dev/allow-direct';

/** On Secrets, by their owners. */
export const secretAnnotations = {
  /** The only origins it may be sent to: `https://api.github.com, ...`. */
  upstreams: 'sallyport.dev/upstreams',
  /** The CAs, besides the system's roots, that may vouch for those origins: `configmap/NAME/KEY, secret/NAME/KEY`, or `any`. */
  upstreamCas: 'sallyport.dev/upstream-cas',
} as const;

/** On the webhook configurations, by the chart: `resources`, `pods`, or both are let through while nobody answers. */
export const failOpenAnnotation = 'sallyport.dev/fail-open';

/** On the webhook configurations, by Sallyport: the namespace of the installation that they belong to. */
export const installedInAnnotation = 'sallyport.dev/installed-in';

/** On the Lease of each replica, by Sallyport. */
export const leaseAnnotations = {
  /** Which CAs the replica read back. */
  bundle: 'sallyport.dev/bundle',
  /** The CA under which what the replica serves verifies. */
  servesUnder: 'sallyport.dev/serves-under',
} as const;

/** On a ConfigMap that describes a server, as src/core/kinds/configmap.yaml says. */
export const serverLabel = 'sallyport.dev/server';

/** On what is installed: which part of it an object is. */
export const partLabel = 'sallyport.dev/part';

/** A type of object that has names of ours, as docs/labels.md calls it. */
export const labelledTypes = {
  pod: 'a pod',
  resource: 'an MCP resource',
  configMap: 'a ConfigMap',
  secret: 'a Secret',
  namespace: 'a namespace',
  webhooks: 'the webhook configurations',
  lease: "a replica's Lease",
  installed: 'what is installed',
} as const;
export type LabelledType = keyof typeof labelledTypes;

/** One label or annotation of ours. */
export interface OwnName {
  readonly map: 'labels' | 'annotations';
  /** The object types that it has a meaning on; docs/labels.md names the first. */
  readonly on: readonly LabelledType[];
  /** Its values, where there are few. A value that is none of them has no effect. */
  readonly values?: readonly string[];
}

/** `"false"` says what it does: nothing. */
const switchValues = ['true', 'false'];
const label = (on: LabelledType, values?: readonly string[]): OwnName => ({
  map: 'labels',
  on: [on],
  ...(values ? { values } : {}),
});
const annotation = (...on: LabelledType[]): OwnName => ({ map: 'annotations', on });

/** Every name below our prefix that has a meaning, and where. docs/labels.md describes each; a test compares the two. */
export const ownNames: ReadonlyMap<string, OwnName> = new Map([
  [injectLabel, label('pod', switchValues)],
  [injectedLabel, label('pod')],
  ...Object.values(podAnnotations).map((name) => [name, annotation('pod')] as const),
  ...Object.values(crAnnotations).map((name) => [name, annotation('resource', 'configMap')] as const),
  [allowDirect, { ...annotation('resource'), values: switchValues }],
  ...Object.values(secretAnnotations).map((name) => [name, annotation('secret')] as const),
  [serverLabel, label('configMap', switchValues)],
  [modeLabel, label('namespace', modes)],
  [partLabel, label('installed')],
  ...[installedInAnnotation, failOpenAnnotation].map((name) => [name, annotation('webhooks')] as const),
  ...Object.values(leaseAnnotations).map((name) => [name, annotation('lease')] as const),
]);

/** The string-valued annotations of an object that may be anything. */
export function annotations(object: unknown): ReadonlyMap<string, string> {
  return stringMap(object, 'annotations');
}

export function labels(object: unknown): ReadonlyMap<string, string> {
  return stringMap(object, 'labels');
}

function stringMap(object: unknown, field: 'annotations' | 'labels'): ReadonlyMap<string, string> {
  const metadata = (object as { metadata?: Record<string, unknown> } | null | undefined)?.metadata;
  const map: unknown = metadata?.[field];
  if (typeof map !== 'object' || map === null) return new Map();
  return new Map(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
