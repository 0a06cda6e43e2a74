import { neededObjects, neededSources } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import type { Kind, Reading } from '../core/kinds/reader.ts';
import { possibleCollisions } from '../core/env-name-collisions.ts';
import { inGroup, sourceKey, type ObjectRef, type SourceRef } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import type { AdmissionRequest } from '../core/review/admission.ts';
import { decide, type Decision } from '../core/review/decide.ts';
import { inspect, inspectionSettings } from '../core/review/inspect.ts';
import { overLimit } from '../core/review/over-limit.ts';
import { subjectOf } from '../core/review/subject.ts';
import { OverLimit, Work } from '../core/work.ts';
import type { Engine } from './engine.ts';
import { askAccess, withhold } from './access.ts';
import { countStalePods } from './stale-pods.ts';
import { lookUpLinks, serversOf } from './links.ts';
import { namespaceMode } from './namespace-mode.ts';

const nothing: Decision = { denied: [], warned: [], audited: [] };

/** Judges one custom resource: read it, ask what is known of its Secrets, run the rules, compare with what was there before. */
export async function validate(
  engine: Engine,
  kind: Kind,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<Decision> {
  if (request.subResource !== '' || (request.operation !== 'CREATE' && request.operation !== 'UPDATE'))
    return nothing;

  const owner = ownerOf(request);
  const { findings, before, readings } = await inspectBoth(engine, kind, owner, request, deadline);
  const kept =
    readings && (await countStalePods(engine, owner.namespace, readings, deadline).catch(unlimited));
  if (findings.length === 0 && !kept) return nothing;
  const { namespace, name } = owner;
  const subject = subjectOf(
    {
      kind: inGroup(kind.plural, kind.group),
      namespace,
      name,
      username: request.requester.username,
      ...(await namespaceMode(engine, namespace, deadline)),
    },
    engine.now(),
  );
  const decision = decide(findings, { subject, dryRun: request.dryRun, before }, engine.configuration);
  // Of a change that is refused nobody needs to hear who would not notice it.
  if (!kept || decision.denied.length > 0) return decision;
  // What running pods keep is information, and never denies an update.
  const about = decide([kept], { subject }, engine.configuration);
  return {
    ...decision,
    warned: [...decision.warned, ...about.warned, ...about.denied.map((finding) => ({ finding }))],
    audited: [...decision.audited, ...about.audited],
  };
}

/** Information must not hold up an update, and judging it may have taken all the steps there are. */
function unlimited(error: unknown): undefined {
  if (!(error instanceof OverLimit)) throw error;
}

interface Inspected {
  readonly findings: readonly Finding[];
  readonly before: readonly Finding[];
  readonly readings: { readonly before: Reading; readonly after: Reading } | undefined;
}

async function inspectBoth(
  engine: Engine,
  kind: Kind,
  owner: ObjectRef,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<Inspected> {
  try {
    return await inspectWithin(engine, kind, owner, request, deadline);
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    const before = request.operation === 'UPDATE' ? [overLimit(error, request.oldObject)] : [];
    return { findings: [overLimit(error, request.object)], before, readings: undefined };
  }
}

async function inspectWithin(
  engine: Engine,
  kind: Kind,
  owner: ObjectRef,
  request: AdmissionRequest,
  deadline: Deadline,
): Promise<Inspected> {
  // One for both: an update costs no more than its review may.
  const work = new Work();
  const after = kind.read(request.object, owner, work);
  const before = request.operation === 'UPDATE' ? kind.read(request.oldObject, owner, work) : undefined;
  // The old object's Secrets matter too: a finding about one of them may be what the ratchet compares with.
  const own = [...after.servers, ...(before?.servers ?? [])];
  const asked = engine.cluster.hasAuthorizer;
  const strict = engine.configuration.existence === 'strict';
  const known = async (sources: readonly SourceRef[]) => {
    const [seen, access] = await Promise.all([
      sources.length === 0 ? new Map<string, never>() : engine.cluster.facts(sources, deadline),
      askAccess(engine.cluster, request.requester, sources, deadline),
    ]);
    const facts = withhold(seen, sources, access, { asked, namespace: owner.namespace, strict });
    return { facts, access };
  };
  // Who may use a Secret and where it may go comes before everything else: a lookup that is missing there denies.
  const ofOwn = secretsFirst(neededSources(own));
  const first = await known(ofOwn);
  // What another namespace holds is not the requester's to learn: it was judged when it was written there.
  const targets = neededObjects(own).filter(({ namespace }) => !asked || namespace === owner.namespace);
  // Of two that are created in the same moment neither would find the other anyway.
  const rivals = own.flatMap(possibleCollisions).map((rival) => ({ ...rival, eventual: true }) as const);
  const links = await lookUpLinks(engine, [...rivals, ...targets], deadline, work);
  const looked = new Set(ofOwn.map(sourceKey));
  const linked = neededSources(serversOf(targets, links)).filter((source) => !looked.has(sourceKey(source)));
  const then = await known(linked);
  const inspection = {
    facts: new Map([...first.facts, ...then.facts]),
    links,
    access: first.access,
    now: engine.now(),
    ...inspectionSettings(engine.configuration),
  };
  const none: Finding[] = [];
  return {
    findings: inspect(after, inspection),
    before: before ? inspect(before, inspection) : none,
    readings: before && { before, after },
  };
}

const secretsFirst = (sources: readonly SourceRef[]): SourceRef[] =>
  sources.toSorted((a, b) => Number(b.kind === 'Secret') - Number(a.kind === 'Secret'));

function ownerOf(request: AdmissionRequest): ObjectRef {
  const metadata = (request.object as { metadata?: { name?: unknown } }).metadata;
  const name = request.name !== '' ? request.name : typeof metadata?.name === 'string' ? metadata.name : '';
  return {
    group: request.group,
    version: request.version,
    kind: request.kind,
    namespace: request.namespace,
    name,
  };
}
