import { shownName } from './printable.ts';
import type { Path } from './path.ts';
import type { Redacted } from './redacted.ts';

/** A value and the place its author wrote it. */
export interface Located<T> {
  readonly value: T;
  readonly at: Path;
}

/** Which custom resource something came from. */
export interface ObjectRef {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Known for objects read from a cluster. */
  readonly uid?: string;
  readonly generation?: number;
}

/** A Secret or ConfigMap; mostly in the namespace of the object that names it. */
export interface SourceRef {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
}

/** One key of a Secret or ConfigMap, as an object refers to it. */
export interface KeyRef {
  readonly source: SourceRef;
  readonly key: string;
  /** Where the source's name is written. */
  readonly at: Path;
  /** Where the key is written; the name's place when the key is a default. */
  readonly keyAt: Path;
  /** Kubernetes' own `optional: true`: a missing source or key is fine. */
  readonly optional: boolean;
  /** Whatever uses it starts without it all the same. */
  readonly tolerated?: true;
  /** Its system writes the value in plain text into what it makes; what its author can do instead. */
  readonly copied?: string;
  /** Labels without which its system does not read the Secret. */
  readonly requiredLabels?: Readonly<Record<string, string>>;
}

/** A whole Secret: each of its keys is a name. */
export interface WholeRef {
  readonly source: SourceRef;
  readonly at: Path;
  readonly optional: boolean;
  readonly tolerated?: true;
  readonly copied?: string;
  readonly requiredLabels?: Readonly<Record<string, string>>;
}

/** A token of the pod's own ServiceAccount, which the kubelet requests for the proxy and renews. */
export interface TokenRequest {
  /** Who accepts the token; never empty. */
  readonly audience: Located<string>;
  /** A whole number; the place is the audience's where the object does not say how long. */
  readonly expirationSeconds: Located<number>;
}

/** The text that is sent around a content: `{value}` stands for it. */
interface Templated {
  readonly template: string;
  /** Set where the author of the resource wrote the template, and not the description of its kind. */
  readonly templateAt?: Path;
}

export type HeaderSource =
  /** `instead` is the field that takes the same header from a Secret. */
  | { readonly kind: 'literal'; readonly value: Redacted; readonly at: Path; readonly instead?: string }
  | ({ readonly kind: 'key'; readonly ref: KeyRef } & Templated)
  | ({ readonly kind: 'token'; readonly token: TokenRequest } & Templated)
  /** Sent as `Basic` with both in base64. */
  | { readonly kind: 'basic'; readonly username: KeyRef; readonly password: KeyRef };

/** The keys of Secrets and ConfigMaps that a header's value is made of. */
export function keysOf(source: HeaderSource): readonly KeyRef[] {
  switch (source.kind) {
    case 'literal':
    case 'token':
      return [];
    case 'key':
      return [source.ref];
    case 'basic':
      return [source.username, source.password];
  }
}

/** The text around a header's content, where the author of the resource wrote it. */
export function writtenTemplate(source: HeaderSource): Located<string> | undefined {
  switch (source.kind) {
    case 'literal':
    case 'basic':
      return undefined;
    case 'key':
    case 'token':
      return source.templateAt && { value: source.template, at: source.templateAt };
  }
}

/** What becomes of a header that the app sets too. */
export const conflicts = ['override', 'keep', 'reject'] as const;
export type Conflict = (typeof conflicts)[number];

export interface Header {
  readonly name: string;
  readonly at: Path;
  readonly source: HeaderSource;
  /** The environment variable its system carries it in, where that name loses part of the header's. */
  readonly variable?: string;
  /** `override` when left out. */
  readonly conflict?: Conflict;
}

export interface ServerTls {
  /** A Secret of type kubernetes.io/tls, or one with the same two keys. */
  readonly client?: WholeRef;
  readonly ca?: KeyRef;
  /** Further CAs that are trusted too. The proxy reads one, so no pod can ask for a server with several. */
  readonly moreCas?: readonly KeyRef[];
  readonly roots: 'append' | 'replace';
  /** Set, with its place, where the resource asks to skip verification. */
  readonly unverified?: Located<true>;
  /** The field of the kind that names a CA, such as `spec.tls.caCertSecretRef`. */
  readonly caField?: string;
}

/** A field that is not set. */
export interface MissingField {
  /** As the author writes it: `spec.remoteUrl`. */
  readonly field: string;
  /** A field with nearly that name, which is set instead. */
  readonly misspelt?: Path;
}

export type Transport = 'http' | 'sse' | 'stdio';

/** Something written where a credential would be plain text: in env, in arguments, in free-form configuration. */
export interface PlainText {
  /** What it is called there: a variable, a key; empty for an argument. */
  readonly name: string;
  readonly value: Redacted;
  readonly at: Path;
  /** In a list of arguments, the one before: `--token` says what its neighbour is. */
  readonly before?: Redacted;
  /** The field that takes the same from a Secret. */
  readonly instead?: string;
  /** What its author can do, where no field takes it from a Secret. */
  readonly fix?: string;
}

/** Another custom resource that this one names and cannot do without. */
export interface ObjectLink {
  readonly target: ObjectName;
  readonly at: Path;
  /** The servers of all these targets are made one list; of one name the last counts. */
  readonly merged?: true;
  /** Which settings of the target do nothing when they come from here. */
  readonly useless: readonly UselessSetting[];
}

export interface ObjectName {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A setting of a linked object that has no effect on whoever links to it. */
export interface UselessSetting {
  readonly applies: (target: unknown) => boolean;
  readonly why: string;
  readonly fix: string;
}

/** A setting without effect where it is written. */
export interface Ineffective {
  readonly at: Path;
  readonly server: string;
  /** A clause for the admission warning, which has no room for `why` and `fix`. */
  readonly what?: string;
  readonly why: string;
  readonly fix: string;
}

/** What of a resource guards its server, and what to call so that it does. */
export interface Gateway {
  readonly guardedAt: Path;
  readonly instead: string;
}

/** One MCP server as one custom resource describes it. Rules and planner know nothing else of any CRD. */
export interface McpServer {
  readonly owner: ObjectRef;
  /**
   * `endpoint` is anything else that credentials are for: a token endpoint, a collector, a webhook, an agent's
   * environment. Judged by the same rules, never injected.
   */
  readonly role: 'server' | 'endpoint';
  /** The server's own name where a resource holds several, else the resource's name. */
  readonly name: string;
  /** True when the resource holds a list of servers, so that a reference may need `/name`. */
  readonly listed: boolean;
  readonly at: Path;
  readonly transport: Transport;
  readonly url?: Located<Redacted>;
  /** Something is written there, but not a URL: MCP001 has said so. */
  readonly urlUnreadable?: boolean;
  /** Set where the kind has a field for the URL and the resource does not set it. */
  readonly urlMissing?: MissingField;
  /** Resources of this kind with the same word here have one environment, and their headers' variables stand in it. */
  readonly sharedBy?: string;
  readonly headers: readonly Header[];
  /** Whole Secrets whose keys are header names. */
  readonly headerSecrets: readonly WholeRef[];
  /** Secrets that reach a process as environment variables: checked, never injected. */
  readonly env: readonly (KeyRef | WholeRef)[];
  readonly plain: readonly PlainText[];
  readonly links: readonly ObjectLink[];
  readonly tls: ServerTls;
  /** Set where the resource makes a gateway that asks who is calling, and a pod that calls the URL itself goes around it. */
  readonly gateway?: Gateway;
  /**
   * The system's own clients get no header from a Secret: an egress gateway sends it, as it is in the Secret. It has one
   * value for each host name and header, and none for an IP address.
   */
  readonly egressGateway?: true;
  /** False where a loopback URL is legitimate: the server may be a sidecar of the agent. */
  readonly loopbackForbidden: boolean;
}

/** The server without the references in `env`: the app's environment reads those, and the proxy mounts the others. */
export const neededByProxy = (server: McpServer): McpServer => ({ ...server, env: [] });

/** The tokens that a server's headers ask for, with the header of each. */
export const tokensOf = ({
  headers,
}: McpServer): readonly { readonly header: Header; readonly token: TokenRequest }[] =>
  headers.flatMap((header) =>
    header.source.kind === 'token' ? [{ header, token: header.source.token }] : [],
  );

/** `secret/NAME/KEY` or `configmap/NAME/KEY`, as annotations and the proxy's configuration name a key. */
export const keyText = ({ source, key }: Pick<KeyRef, 'source' | 'key'>): string =>
  `${source.kind.toLowerCase()}/${source.name}/${key}`;

export const casOf = ({ ca, moreCas = [] }: ServerTls): readonly KeyRef[] => (ca ? [ca, ...moreCas] : []);

/** Every reference of a server to a Secret or ConfigMap, whatever it is used for. */
export function references(server: McpServer) {
  return [
    ...server.headers.flatMap(({ source }) => keysOf(source)),
    ...server.headerSecrets,
    ...server.env,
    ...(server.tls.client ? [server.tls.client] : []),
    ...casOf(server.tls),
  ];
}

export const isKeyRef = (ref: KeyRef | WholeRef): ref is KeyRef => 'key' in ref;

/** `mcpservers.kagent.dev`, as configurations and kubectl say it; the core group is left out. */
export const inGroup = (word: string, group: string): string => (group === '' ? word : `${word}.${group}`);

/** `mcpserverentry.toolhive.stacklok.dev/github`, with `/server` where the resource lists several. */
export function serverRef(server: McpServer): string {
  const { group, kind, name } = server.owner;
  return `${inGroup(kind.toLowerCase(), group)}/${name}${server.listed ? `/${server.name}` : ''}`;
}

export const objectKey = ({ group, kind, namespace, name }: ObjectName): string =>
  `${inGroup(kind, group)}/${namespace}/${name}`;

/** `Secret team-a/github`, as messages say it. */
export const sourceText = ({ kind, namespace, name }: SourceRef): string =>
  `${kind} ${shownName(namespace)}/${shownName(name)}`;

export const sourceKey = (source: SourceRef): string => `${source.kind}/${source.namespace}/${source.name}`;
