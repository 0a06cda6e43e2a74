import { codes } from '../core/codes.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Facts } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import { podFinding } from '../core/inject/pod-finding.ts';
import { annotationPath, fieldsAt, type Fields } from '../core/k8s/objects.ts';
import type { ChosenServer } from '../core/inject/resolve.ts';
import type { Kind, Reading } from '../core/kinds/reader.ts';
import { podAnnotations } from '../core/annotations.ts';
import { inGroup, serverRef, type McpServer, type ObjectRef } from '../core/model.ts';
import { applyModes, inMode } from '../core/review/apply-modes.ts';
import { inspect, inspectionSettings } from '../core/review/inspect.ts';
import { subjectOf, type ModeSubject } from '../core/review/subject.ts';
import type { Work } from '../core/work.ts';
import { verificationOff } from '../core/rules/verification-off.ts';
import type { Engine } from './engine.ts';

/** A resource whose servers a pod gets: those, and not the others it may hold. */
export interface PodResource {
  /** As messages call it. */
  readonly text: string;
  readonly kind: Kind;
  readonly reading: Reading;
  readonly owner: Pick<ObjectRef, 'namespace' | 'name'>;
  /** Those that the pod gets, with what the proxy sends: the Secrets of these were looked up. */
  readonly served: readonly McpServer[];
  /** Set where the object is remembered: which version the reading is of, which server of it alone, and what pays for it. */
  readonly stored?: { readonly version: object; readonly server: string; readonly work: Work } | undefined;
}

interface Clean {
  readonly configuration: Configuration;
  /** What it took to find nothing, by the server that was asked for alone. */
  readonly steps: Map<string, number>;
}

/** Remembered objects without findings. The findings of other objects are not kept, because they may be many and long. */
const clean = new WeakMap<object, Clean>();

/** What the rules find that need the object alone. Pods of one Deployment ask for the same resources again and again. */
function inObject(engine: Engine, { reading, stored }: PodResource): readonly Finding[] {
  const { configuration } = engine;
  const known = stored && clean.get(stored.version);
  const before = known?.configuration === configuration ? known.steps.get(stored?.server ?? '') : undefined;
  if (before !== undefined) {
    // The same object gets the same answer, however often it was judged.
    stored?.work.spend(before);
    return [];
  }
  const spent = stored?.work.steps ?? 0;
  const findings = inspect(reading, {
    facts: noFacts,
    links: noFacts,
    access: noFacts,
    now: engine.now(),
    ...inspectionSettings(configuration),
    with: 'object',
  });
  // A name that no server has could be anything, and there is no end of them.
  if (stored && findings.length === 0 && reading.servers.length > 0) {
    const steps = known?.configuration === configuration ? known.steps : new Map<string, number>();
    clean.set(stored.version, { configuration, steps: steps.set(stored.server, stored.work.steps - spent) });
  }
  return findings;
}

const noFacts: ReadonlyMap<string, never> = new Map<string, never>();

/** What is wrong with the resource itself, for those that were stored before Sallyport was installed. */
export function podResourceFindings(
  engine: Engine,
  resource: PodResource,
  facts: Facts,
  chosenMode: Pick<ModeSubject, 'namespaceMode'>,
  /** The proxy waits for a Secret that is not there or not right yet. */
  waits: boolean,
) {
  const { text, kind, reading, owner, served } = resource;
  const { namespace, name } = owner;
  const about = { kind: inGroup(kind.plural, kind.group), namespace, name };
  const subject = subjectOf({ ...about, ...chosenMode }, engine.now());
  const inspection = {
    facts,
    links: new Map<string, never>(),
    access: new Map<string, never>(),
    now: engine.now(),
    ...inspectionSettings(engine.configuration),
  };
  const found = [
    ...inObject(engine, resource),
    ...inspect({ ...reading, servers: served }, { ...inspection, with: 'facts' }).filter(
      (finding) => !waits || isReportedAtPods(finding),
    ),
  ].map((finding) => ({
    ...finding,
    at: annotationPath(podAnnotations.servers),
    what: `${text} has ${finding.code} at ${String(finding.at)}: ${finding.what}`,
  }));
  const outcomes = applyModes(found, { subject, atPod: true }, engine.configuration);
  return { enforced: inMode('enforce', outcomes), warned: inMode('warn', outcomes) };
}

/** Of the rules that need facts, those that matter even though the proxy waits. */
function isReportedAtPods({ code, undecided }: Finding): boolean {
  const { atPods, atPodsOnlyFor } = codes[code];
  return atPods === 'report' && (atPodsOnlyFor === undefined || atPodsOnlyFor === undecided);
}

export function unverified(engine: Engine, { server }: ChosenServer): Finding[] {
  if (!server.tls.unverified || engine.configuration.inject.allowUnverifiedTLS) return [];
  return [
    podFinding(
      verificationOff.code,
      annotationPath(podAnnotations.servers),
      `${serverRef(server)} switches TLS verification off at ${server.tls.unverified.at.toString()}`,
      'a host on the network path can impersonate the server and receive the credentials',
      `name its CA in ${server.tls.caField ?? 'the resource'} instead, or ask your platform team to set inject.allowUnverifiedTLS: true`,
    ),
  ];
}

export const podNameOf = (pod: Fields): string => {
  const { name, generateName } = fieldsAt(pod, 'metadata');
  return typeof name === 'string' ? name : typeof generateName === 'string' ? generateName : '';
};
