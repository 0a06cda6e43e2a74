import type { Finding } from '../../src/core/finding.ts';
import { inspect } from '../../src/core/review/inspect.ts';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import type { Kind, Reading } from '../../src/core/kinds/reader.ts';
import { keysOf, type McpServer, type ObjectRef } from '../../src/core/model.ts';
import { noTokens } from '../../src/core/service-account-token.ts';

/** A custom resource as a test writes it; name and namespace are always the same. */
interface Written {
  readonly apiVersion: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

const kinds = compileKinds();

export function kindOf({ apiVersion, kind }: Written): { kind: Kind; owner: ObjectRef } {
  const { group, version } = splitApiVersion(apiVersion);
  const found = kinds.find(group, kind);
  if (!found) throw new Error(`${kind}.${group} is not described`);
  return { kind: found, owner: { group, version, kind, namespace: 'team', name: 'one' } };
}

export function read(object: Written): Reading {
  const { kind, owner } = kindOf(object);
  return kind.read(object, owner);
}

/** The one server of a resource; throws when there are more or none. */
export function readOne(object: Written): McpServer {
  const { servers } = read(object);
  const [server, ...more] = servers;
  if (!server || more.length > 0) throw new Error(`expected one server, got ${servers.length}`);
  return server;
}

/** Everything wrong with a reading, when nothing is known of its Secrets. */
export const findingsOf = (reading: Reading): Finding[] =>
  inspect(reading, {
    facts: new Map(),
    links: new Map(),
    access: new Map(),
    now: 0,
    credentialNames: { sensitive: [], harmless: [] },
    tokenPolicy: noTokens,
  });

/** `CODE key.key.0.key` of each. */
export const codesOf = (reading: Reading): string[] =>
  findingsOf(reading).map(({ code, at }) => `${code} ${at.keys().join('.')}`);

/** What a table compares: the server in words, values of literal headers left out. */
export function summary(server: McpServer) {
  const { name, transport, url, headers, headerSecrets, env, tls } = server;
  const key = (ref: (typeof env)[number]) =>
    `${ref.source.kind} ${ref.source.name}${'key' in ref ? `/${ref.key}` : ''}${ref.optional ? ' (optional)' : ''}`;
  return {
    name,
    transport,
    url: url?.value.reveal(),
    headers: headers.map(
      ({ name: header, source }) => `${header} from ${keysOf(source).map(key).join(' and ') || 'the object'}`,
    ),
    bundles: headerSecrets.map(key),
    env: env.map(key),
    client: tls.client && key(tls.client),
    ca: tls.ca && key(tls.ca),
  };
}
