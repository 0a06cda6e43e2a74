import type { Code, Mode } from '../core/codes.ts';
import { neededSources, type Facts } from '../core/facts.ts';
import { sortFindings, type Finding } from '../core/finding.ts';
import { planInjection, type Plan } from '../core/inject/plan.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import { annotationPath, type Fields } from '../core/inject/pod.ts';
import { kindsFor, resolve, type Candidate, type ChosenServer } from '../core/inject/resolve.ts';
import { select, type WantedServer } from '../core/inject/select.ts';
import { allowDirect, podAnnotations } from '../core/annotations.ts';
import { inGroup, serverRef, type ObjectRef } from '../core/model.ts';
import { inspect } from '../core/review/inspect.ts';
import { modeOf, type ModeSubject } from '../core/review/mode.ts';
import type { Deadline } from '../core/ports.ts';
import { namespaceMode } from './namespace-mode.ts';
import type { Engine } from './engine.ts';

export type Injection =
  | (Extract<Plan, { kind: 'planned' }> & {
      /** For the log alone. */
      readonly audited: readonly Finding[];
    })
  | Exclude<Plan, { kind: 'planned' }>
  | { readonly kind: 'skipped'; readonly reason: string };

/**
 * Without these the proxy could not honour its contract, whatever mode they are in: a credential in plain text
 * would be written into the pod, or a header could not be sent.
 */
const neverInjected: ReadonlySet<Code> = new Set<Code>([
  'MCP001',
  'MCP101',
  'MCP102',
  'MCP204',
  'MCP301',
  'MCP303',
  'MCP404',
]);

/** Decides about one pod: what it asks for, what those servers are, what it gets. The namespace is the request's. */
export async function inject(
  engine: Engine,
  pod: Fields,
  namespace: string,
  deadline: Deadline,
): Promise<Injection> {
  const selected = select(pod);
  if (selected.kind !== 'selected') return selected;
  const { selection } = selected;

  const [looked, demands] = await Promise.all([
    Promise.all(selection.wanted.map((wanted) => lookUp(engine, wanted, namespace, deadline))),
    engine.cluster.demands?.(namespace, deadline),
  ]);
  const failed = looked.flatMap(({ wanted, failure }) => (failure ? [unreachable(wanted)] : []));
  const { chosen, findings } = resolve(
    looked.filter(({ failure }) => !failure),
    engine.kinds,
  );
  const chosenMode = await namespaceMode(engine, namespace, deadline);
  const sources = neededSources(chosen.map(({ server }) => ({ ...server, env: [] })));
  const facts =
    sources.length === 0 ? new Map<string, never>() : await engine.cluster.facts(sources, deadline);
  const open = looked.flatMap(({ wanted, candidates }) =>
    candidates.map((candidate) => openFindings(engine, wanted, candidate, facts, chosenMode)),
  );
  const problems = [
    ...failed,
    ...findings,
    ...open.flatMap(({ enforced }) => enforced),
    ...chosen.flatMap((one) => unverified(engine, one)),
  ];
  if (problems.length > 0) return { kind: 'refused', findings: sortFindings(problems) };

  const plan = planInjection(pod, selection, chosen, engine.configuration.inject, { facts, demands });
  if (plan.kind === 'refused') return plan;
  const subject = { ...subjectOf(engine, 'pods', namespace, nameOf(pod)), ...chosenMode };
  const by = byMode([...chosen.flatMap(aroundGateway), ...plan.warnings], subject, engine);
  if (by.enforce.length > 0) return { kind: 'refused', findings: sortFindings(by.enforce) };
  const warned = open.flatMap((one) => one.warned);
  return { ...plan, warnings: sortFindings([...warned, ...by.warn]), audited: by.audit };
}

function byMode(findings: readonly Finding[], subject: ModeSubject, { configuration }: Engine) {
  const sorted: Record<Mode, Finding[]> = { enforce: [], warn: [], audit: [], off: [] };
  for (const finding of findings) sorted[modeOf(finding.code, subject, configuration)].push(finding);
  return sorted;
}

const subjectOf = (engine: Engine, kind: string, namespace: string, name: string): ModeSubject => ({
  kind,
  namespace,
  name,
  username: '',
  today: new Date(engine.now()).toISOString().slice(0, 10),
});

const nameOf = (pod: Fields): string => {
  const { name, generateName } = metadataOf(pod);
  return typeof name === 'string' ? name : typeof generateName === 'string' ? generateName : '';
};

interface Looked {
  readonly wanted: WantedServer;
  readonly candidates: readonly Candidate[];
  /** The cluster could not be asked: unknown is not absent. */
  readonly failure: boolean;
}

async function lookUp(
  engine: Engine,
  wanted: WantedServer,
  namespace: string,
  deadline: Deadline,
): Promise<Looked> {
  try {
    const candidates = await Promise.all(
      kindsFor(wanted, engine.kinds).map(async (kind): Promise<Candidate[]> => {
        const found = await engine.cluster.get({ ...kind, namespace, name: wanted.name }, deadline);
        // Something that is being deleted is as good as gone.
        if (!found || isBeingDeleted(found.object)) return [];
        const reading = kind.read(found.object, withIdentity(found.ref, found.object));
        return [{ kind, reading, selected: kind.selects(found.object) }];
      }),
    );
    return { wanted, candidates: candidates.flat(), failure: false };
  } catch {
    return { wanted, candidates: [], failure: true };
  }
}

const metadataOf = (object: unknown) => (object as { metadata?: Record<string, unknown> }).metadata ?? {};

const isBeingDeleted = (object: unknown): boolean =>
  (metadataOf(object)['deletionTimestamp'] ?? null) !== null;

function withIdentity(ref: ObjectRef, object: unknown): ObjectRef {
  const { uid, generation } = metadataOf(object);
  return {
    ...ref,
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof generation === 'number' ? { generation } : {}),
  };
}

function unreachable(wanted: WantedServer): Finding {
  return podFinding(
    'MCP504',
    annotationPath(podAnnotations.servers),
    `${wanted.text} could not be looked up`,
    'the API server did not answer, so whether it exists is not known',
    'try again; if it stays, see whether Sallyport may get that kind',
  );
}

/** Rules that need facts and matter to a pod as well: a Secret that is not there yet is waited for. */
const alsoAtPods: ReadonlySet<Code> = new Set<Code>(['MCP207', 'MCP208']);

/** What is wrong with the resource itself, for those that were stored before Sallyport was installed. */
function openFindings(
  engine: Engine,
  wanted: WantedServer,
  { kind, reading }: Candidate,
  facts: Facts,
  chosenMode: Pick<ModeSubject, 'namespaceMode'>,
) {
  const owner = reading.servers[0]?.owner;
  const name = owner?.name ?? wanted.name;
  const subject = {
    ...subjectOf(engine, inGroup(kind.plural, kind.group), owner?.namespace ?? '', name),
    ...chosenMode,
  };
  const servers =
    wanted.server === undefined
      ? reading.servers
      : reading.servers.filter((server) => server.name === wanted.server);
  const inspection = {
    facts,
    links: new Map<string, never>(),
    access: new Map<string, never>(),
    now: engine.now(),
    credentialNames: engine.configuration.credentials.headers,
  };
  const asked = { ...reading, servers };
  const found = [
    ...inspect(asked, { ...inspection, with: 'object' }),
    ...inspect(asked, { ...inspection, with: 'facts' }).filter(({ code }) => alsoAtPods.has(code)),
  ].map((finding) => ({
    ...finding,
    at: annotationPath(podAnnotations.servers),
    what: `${wanted.text} has ${finding.code} at ${String(finding.at)}: ${finding.what}`,
  }));
  const by = byMode(found, subject, engine);
  return {
    enforced: found.filter((one) => neverInjected.has(one.code) || by.enforce.includes(one)),
    // What the author of the resource was told already is not repeated to whoever makes a pod.
    warned: by.warn.filter(({ code }) => alsoAtPods.has(code)),
  };
}

/** The pod would hold the credential and call the upstream itself: whoever may not use the gateway could use the pod. */
function aroundGateway({ server }: ChosenServer): Finding[] {
  if (!server.gateway) return [];
  return [
    podFinding(
      'MCP507',
      annotationPath(podAnnotations.servers),
      `${serverRef(server)} asks who is calling (${String(server.gateway.guardedAt)}), and this pod would call its upstream itself`,
      'what that gateway forbids would be allowed here',
      `let the app call ${server.gateway.instead} instead, or have the resource's owner annotate it with ${allowDirect}: "true"`,
    ),
  ];
}

function unverified(engine: Engine, { server }: ChosenServer): Finding[] {
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
