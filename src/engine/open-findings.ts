import { codes, type Mode } from '../core/codes.ts';
import type { Facts } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import { annotationPath, fieldsAt, type Fields } from '../core/inject/pod.ts';
import type { ChosenServer } from '../core/inject/resolve.ts';
import type { Kind, Reading } from '../core/kinds/reader.ts';
import { podAnnotations } from '../core/annotations.ts';
import { inGroup, serverRef, type McpServer, type ObjectRef } from '../core/model.ts';
import { inspect } from '../core/review/inspect.ts';
import { optedIn, modeOfFinding, type ModeSubject } from '../core/review/mode.ts';
import type { Engine } from './engine.ts';

/** A resource whose servers a pod gets: those, and not the others it may hold. */
export interface Asked {
  /** As messages call it. */
  readonly text: string;
  readonly kind: Kind;
  readonly reading: Reading;
  readonly owner: Pick<ObjectRef, 'namespace' | 'name'>;
  /** Those that the pod gets, with what the proxy sends: the Secrets of these were looked up. */
  readonly served: readonly McpServer[];
}

/** What is wrong with the resource itself, for those that were stored before Sallyport was installed. */
export function openFindings(
  engine: Engine,
  { text, kind, reading, owner, served }: Asked,
  facts: Facts,
  chosenMode: Pick<ModeSubject, 'namespaceMode'>,
  /** Whether a rule that needs facts matters here too. */
  counts: (finding: Finding) => boolean,
) {
  const subject = {
    ...subjectOf(engine, inGroup(kind.plural, kind.group), owner.namespace, owner.name),
    ...chosenMode,
  };
  const inspection = {
    facts,
    links: new Map<string, never>(),
    access: new Map<string, never>(),
    now: engine.now(),
    credentialNames: engine.configuration.credentials.headers,
    optedIn: optedIn(engine.configuration),
  };
  const found = [
    ...inspect(reading, { ...inspection, with: 'object' }),
    ...inspect({ ...reading, servers: served }, { ...inspection, with: 'facts' }).filter(counts),
  ].map((finding) => ({
    ...finding,
    at: annotationPath(podAnnotations.servers),
    what: `${text} has ${finding.code} at ${String(finding.at)}: ${finding.what}`,
  }));
  const by = byMode(found, subject, engine);
  return {
    enforced: found.filter((one) => codes[one.code].atPods === 'refuse' || by.enforce.includes(one)),
    // What the author of the resource was told already is not repeated to whoever makes a pod.
    warned: by.warn.filter(counts),
  };
}

export function unverified(engine: Engine, { server }: ChosenServer): Finding[] {
  if (!server.tls.unverified || engine.configuration.inject.allowUnverifiedTLS) return [];
  return [
    podFinding(
      'MCP402',
      annotationPath(podAnnotations.servers),
      `${serverRef(server)} switches TLS verification off at ${server.tls.unverified.at.toString()}`,
      'anybody on the way can pose as it and collect the credentials',
      'give its CA instead, or ask your platform team for inject.allowUnverifiedTLS',
    ),
  ];
}

export function byMode(findings: readonly Finding[], subject: ModeSubject, { configuration }: Engine) {
  const sorted: Record<Mode, Finding[]> = { enforce: [], warn: [], audit: [], off: [] };
  for (const finding of findings) sorted[modeOfFinding(finding, subject, configuration)].push(finding);
  return sorted;
}

export const subjectOf = (engine: Engine, kind: string, namespace: string, name: string): ModeSubject => ({
  kind,
  namespace,
  name,
  username: '',
  today: new Date(engine.now()).toISOString().slice(0, 10),
});

export const nameOf = (pod: Fields): string => {
  const { name, generateName } = fieldsAt(pod, 'metadata');
  return typeof name === 'string' ? name : typeof generateName === 'string' ? generateName : '';
};
