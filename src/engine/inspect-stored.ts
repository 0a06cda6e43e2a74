import type { Mode } from '../core/codes.ts';
import { neededObjects, neededSources, type Facts, type LinkFacts } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import type { Kind } from '../core/kinds/reader.ts';
import { inGroup, type McpServer, type ObjectRef } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import { applyModes } from '../core/review/apply-modes.ts';
import { inspect, inspectionSettings } from '../core/review/inspect.ts';
import { overLimit } from '../core/review/over-limit.ts';
import { subjectOf, type ModeSubject } from '../core/review/subject.ts';
import { sentThrough } from '../core/review/sent-through.ts';
import { possibleCollisions } from '../core/env-name-collisions.ts';
import { OverLimit, Work } from '../core/work.ts';
import type { Engine } from './engine.ts';
import { lookUpLinks, serversOf } from './links.ts';
import { namespaceMode } from './namespace-mode.ts';

/** A finding and what comes of it: an error, a warning or a note. */
export interface Weighed {
  readonly finding: Finding;
  readonly mode: Exclude<Mode, 'off'>;
}

/** Of a resource that is there, in a cluster or in a file: nobody asks for anything, so nobody's rights matter. */
interface StoredResource {
  readonly kind: Kind;
  readonly object: unknown;
  readonly owner: ObjectRef;
}

const nobodyAsks = new Map<string, never>();

/** A resource that was checked, with what it was checked against. */
interface Inspected {
  readonly found: Weighed[];
  /** Its own, and those that send the credentials of an object that it names. */
  readonly servers: readonly McpServer[];
  readonly facts: Facts;
}

/** Everything that is wrong with it. `partial`: what the cluster does not show may be there all the same. */
export async function inspectStored(
  engine: Engine,
  stored: StoredResource,
  deadline: Deadline,
  partial = false,
): Promise<Inspected> {
  const { kind, owner } = stored;
  const { findings, servers, facts } = await findingsOf(engine, stored, deadline, partial);
  const { namespace, name } = owner;
  const about = { kind: inGroup(kind.plural, kind.group), namespace, name };
  const weigh = await weigher(engine, about, deadline, partial);
  const found = weigh(findings);
  return { found, servers, facts };
}

interface Findings extends Omit<Inspected, 'found'> {
  readonly findings: readonly Finding[];
}

async function findingsOf(
  engine: Engine,
  stored: StoredResource,
  deadline: Deadline,
  partial: boolean,
): Promise<Findings> {
  try {
    return await findingsWithin(engine, stored, deadline, partial);
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    return { findings: [overLimit(error, stored.object)], servers: [], facts: new Map() };
  }
}

async function findingsWithin(
  engine: Engine,
  { kind, object, owner }: StoredResource,
  deadline: Deadline,
  partial: boolean,
): Promise<Findings> {
  const work = new Work();
  const reading = kind.read(object, owner, work);
  const targets = neededObjects(reading.servers);
  const rivals = reading.servers.flatMap(possibleCollisions);
  const linked = await lookUpLinks(engine, [...targets, ...rivals], deadline, work);
  const links: LinkFacts = partial
    ? new Map([...linked].filter(([, { state }]) => state === 'present'))
    : linked;
  const sources = neededSources([...reading.servers, ...serversOf(targets, links)]);
  const facts = await engine.cluster.facts(sources, deadline);
  const findings = inspect(reading, {
    facts,
    links,
    access: nobodyAsks,
    now: engine.now(),
    ...inspectionSettings(engine.configuration),
  });
  const through = reading.servers.flatMap((server) =>
    server.links.flatMap((link) => sentThrough(server, link, links)),
  );
  return { findings, servers: [...reading.servers, ...through], facts };
}

/** Applies the modes to findings about one object, and leaves out those that are switched off. */
export async function weigher(
  engine: Engine,
  object: Pick<ModeSubject, 'kind' | 'namespace' | 'name'>,
  deadline: Deadline,
  partial = false,
): Promise<(findings: readonly Finding[]) => Weighed[]> {
  const chosen = await namespaceMode(engine, object.namespace, deadline);
  const subject = subjectOf({ ...object, ...chosen }, engine.now());
  return (findings) =>
    applyModes(findings, { subject, partial }, engine.configuration).flatMap(({ finding, mode }) =>
      mode === 'off'
        ? []
        : [{ finding, mode: mode === 'audit' && finding.missed === true ? ('warn' as const) : mode }],
    );
}
