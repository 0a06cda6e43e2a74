import { annotations, crAnnotations } from '../annotations.ts';
import type { Ineffective, KeyRef, McpServer, ObjectRef, ServerTls, WholeRef } from '../model.ts';
import { Path } from '../path.ts';

/**
 * Client certificates and CAs by annotation, for kinds whose CRD has no field for them. A field wins over an
 * annotation. `NAME` names the Secret; a resource with several servers takes `server=NAME, ...`; a CA may say
 * `NAME/KEY`.
 */
export function readTlsAnnotations(
  object: unknown,
  owner: ObjectRef,
  servers: readonly McpServer[],
): { readonly servers: readonly McpServer[]; readonly ineffective: readonly Ineffective[] } {
  const written = annotations(object);
  const client = written.get(crAnnotations.clientTlsSecret);
  const caSecret = written.get(crAnnotations.caSecret);
  const caConfigMap = written.get(crAnnotations.caConfigMap);
  if (client === undefined && caSecret === undefined && caConfigMap === undefined)
    return { servers, ineffective: [] };
  const used = new Set<string>();
  const [forClient, forSecretCa, forMapCa] = [client, caSecret, caConfigMap].map(namesIn);
  const named = (name: string, names: Names | undefined, server: McpServer) => {
    const target = names && (server.listed ? names.byServer.get(server.name) : names.whole);
    return target === undefined
      ? undefined
      : { target, at: Path.fields('metadata', 'annotations').entry(name) };
  };
  const annotated = servers.map((server) => {
    if (server.role === 'endpoint') return server;
    const cert = named(crAnnotations.clientTlsSecret, forClient, server);
    const secretCa = named(crAnnotations.caSecret, forSecretCa, server);
    const mapCa = named(crAnnotations.caConfigMap, forMapCa, server);
    const clientRef: WholeRef | undefined = cert && {
      source: { kind: 'Secret', namespace: owner.namespace, name: cert.target },
      at: cert.at,
      optional: false,
    };
    const caRef = secretCa
      ? caKey('Secret', owner, secretCa)
      : mapCa
        ? caKey('ConfigMap', owner, mapCa)
        : undefined;
    const tls: ServerTls = {
      ...server.tls,
      ...(clientRef && !server.tls.client ? { client: clientRef } : {}),
      ...(caRef && !server.tls.ca ? { ca: caRef } : {}),
    };
    if (tls.client === clientRef && clientRef) used.add(crAnnotations.clientTlsSecret);
    if (tls.ca === caRef && caRef) used.add(secretCa ? crAnnotations.caSecret : crAnnotations.caConfigMap);
    return { ...server, tls };
  });
  const idle = Object.values(crAnnotations).filter((name) => written.has(name) && !used.has(name));
  return {
    servers: annotated,
    ineffective: idle.map((name) => withoutEffect(name, written.get(name) ?? '', servers)),
  };
}

function withoutEffect(name: string, value: string, servers: readonly McpServer[]): Ineffective {
  const at = Path.fields('metadata', 'annotations').entry(name);
  const [only] = servers.filter(({ role }) => role === 'server');
  if (!only)
    return {
      at,
      server: '',
      why: 'it goes with a server that pods can ask for, and this resource describes none',
      fix: 'take the annotation away',
    };
  if (!only.listed)
    return {
      at,
      server: '',
      why: 'a field of this resource, or the other CA annotation, says the same and wins',
      fix: 'take the annotation away',
    };
  const example = `${only.name}=${isReference(value.trim()) ? value.trim() : 'NAME'}`;
  return {
    at,
    server: '',
    what: `this setting has no effect: ${only.owner.kind} lists servers, so write SERVER=NAME, for example ${example}`,
    why: 'the annotation names no server of the list, and TLS stays as it is without the annotation',
    fix: `write it as SERVER=NAME, with a comma between servers: ${example}`,
  };
}

/** `NAME` or `NAME/KEY`. Anything else is not repeated in a message: it may be a credential at the wrong place. */
const isReference = (value: string): boolean =>
  value.length <= 253 && /^[a-z0-9][-a-z0-9.]*(?:\/[-._a-zA-Z0-9]+)?$/.test(value);

/** What an annotation names: one thing, or one for each server of a list. */
interface Names {
  readonly whole: string | undefined;
  readonly byServer: ReadonlyMap<string, string>;
}

/** Read once, however many servers there are; of one server the first entry counts. */
function namesIn(value: string | undefined): Names | undefined {
  if (value === undefined) return undefined;
  const byServer = new Map<string, string>();
  for (const part of value.split(',')) {
    const [name = '', target] = part.split('=').map((word) => word.trim());
    if (target !== undefined && target !== '' && !byServer.has(name)) byServer.set(name, target);
  }
  return { whole: value.trim() || undefined, byServer };
}

function caKey(
  kind: 'Secret' | 'ConfigMap',
  owner: ObjectRef,
  { target, at }: { target: string; at: Path },
): KeyRef {
  const [name = '', key = 'ca.crt'] = target.split('/');
  return { source: { kind, namespace: owner.namespace, name }, key, at, keyAt: at, optional: false };
}
