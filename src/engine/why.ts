import { injectLabel, podAnnotations } from '../core/annotations.ts';
import { factOf, neededSources, references, type Facts } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import { pointer } from '../core/inject/edit.ts';
import { claimOfObject, notRewritten, type Claim } from '../core/operators/claim.ts';
import { misplaced } from '../core/inject/misplaced.ts';
import type { PlannedServer } from '../core/inject/plan.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { skipText } from '../core/inject/skip-reasons.ts';
import { hasProxy } from '../core/inject/injected-state.ts';
import { isKeyRef, neededByProxy, sourceText, type KeyRef, type WholeRef } from '../core/model.ts';
import type { Deadline } from '../core/cluster.ts';
import { shownName } from '../core/printable.ts';
import { shellName, shellQuoted } from '../core/shell.ts';
import { sidecarName } from '../core/inject/sidecar.ts';
import { recreate } from '../core/audit/recreate.ts';
import type { Engine } from './engine.ts';
import { inspectNamesAround } from './inspect-document.ts';
import { injectLabelled, type Injection } from './inject-labelled.ts';
import {
  fine,
  notInstalled,
  statusOf,
  waiting,
  type End,
  type Ending,
  type ProxyStatus,
  type Say,
  type DiagnosisStep,
  type Subject,
  type Diagnosis,
} from './diagnosis.ts';
import { misspeltNames, nameText } from './why-names.ts';
import { switchedOff, walkOperator } from './why-operator.ts';
import { audited, callsOf, destinations, destinationsOf } from './why-running.ts';

/**
 * Walks the decision about a pod from its label to its running proxy and ends in one reason and one fix: the first thing
 * that stands in the way, or that nothing does.
 */

export async function walk(engine: Engine, subject: Subject, deadline: Deadline): Promise<Diagnosis> {
  const steps: DiagnosisStep[] = [];
  const good = (name: string, text: string) => void steps.push({ name, state: 'good', text });
  const unknown = (name: string, text: string) => void steps.push({ name, state: 'unknown', text });
  const end = (name: string, ending: Ending, reason: string, fix: string, text = reason): Diagnosis => {
    steps.push({ name, state: fine.has(ending) ? 'good' : 'bad', text });
    return { steps, ending, reason, fix };
  };

  const { object, namespace, installation, live } = subject;
  const pod = podIn(object);
  if (!pod)
    return end(
      'pod',
      'no-pod',
      `a ${textAt(object, 'kind')} creates no pods that Sallyport knows`,
      'name a Pod, Deployment, StatefulSet, DaemonSet, Job or CronJob',
    );

  const names = await inspectNamesAround(engine, object, namespace, deadline);
  for (const { finding } of names) steps.push({ name: 'names', state: 'bad', text: nameText(finding) });
  const [misspelt] = names.map(({ finding }) => finding);

  const claim = claimOfObject(object, namespace, engine.configuration.inject);
  if (claim.kind === 'operator') {
    const made = await walkOperator(engine, claim, subject, deadline, { good, unknown, end, steps });
    return (fine.has(made.ending) && (await firstUnsound(engine, subject, deadline, steps))) || made;
  }
  if (claim.kind === 'none' && claim.reason === 'operator-off') return switchedOff(claim, end);
  if (claim.kind === 'none' && claim.reason === 'rewritten-as-pods')
    return rewrittenAsPods(engine, subject, claim, deadline, { good, unknown, end }, steps);
  if (claim.kind === 'none')
    return notSelected({ object, pod, misspelt }, skipText(notRewritten(claim)), end);
  good('label', `${injectLabel}: "true"`);

  if (!installation) unknown('cluster', 'not checked: there are only files');
  else if (installation.state === 'unknown') unknown('cluster', installation.text);
  else if (installation.state !== 'ready') return notInstalled(installation, end);
  else good('cluster', installation.text);

  const injection = await injectLabelled(engine, pod, namespace, deadline);
  if (injection.kind === 'skipped') return notSelected({ object, pod, misspelt }, skipText(injection), end);
  if (injection.kind === 'denied') return denied(injection.findings, end);
  const { servers } = injection;
  good('servers', servers.map(({ name, config }) => `${name} is ${config.ref}`).join('; '));

  const used = servers.map(({ server }) => neededByProxy(server));
  const facts = await engine.cluster.facts(neededSources(used), deadline);
  steps.push(...misspeltNames(neededSources(used), facts));
  const missing = used.flatMap((server) => references(server).flatMap((ref) => problemOf(ref, facts) ?? []));
  const [first] = missing;
  const waits = engine.configuration.inject.onMissing === 'wait';

  const status = live && object === pod ? statusOf(pod) : undefined;
  if (status === undefined) {
    if (first?.certain) return absent(first, namespace, waits, end);
    notePresence(missing, { good, unknown });
    const { pods = [] } = subject;
    if (pods.length > 0) good('plan', 'Sallyport injects new pods');
    return (
      (await firstUnsound(engine, subject, deadline, steps)) ??
      end('plan', 'would-run', destinations(upstreamsOf(servers)), '')
    );
  }
  return stored(engine, { pod, injection, namespace, first, status }, subject, deadline, {
    good,
    unknown,
    end,
  });
}

/** A message lists at most so many keys. */
const maxKeysShown = 10;

/** Of the pods of one workload, at most so many are examined. */
const maxPods = 20;

/** The walk of the first pod of the workload that something is wrong with, after the steps of the workload itself. */
async function firstUnsound(
  engine: Engine,
  { pods = [], ...subject }: Subject,
  deadline: Deadline,
  steps: readonly DiagnosisStep[],
): Promise<Diagnosis | undefined> {
  for (const pod of pods.slice(0, maxPods)) {
    const found = await walk(engine, { ...subject, object: pod }, deadline);
    if (fine.has(found.ending)) continue;
    const name = textAt(fieldsAt(pod, 'metadata'), 'name');
    const at: DiagnosisStep = { name: 'pod', state: 'good', text: `${name}, one of ${pods.length}` };
    return { ...found, steps: [...steps, at, ...found.steps] };
  }
  return undefined;
}

/** A workload that its operator created, such as kagent's Deployment: Sallyport rewrites its pods. */
async function rewrittenAsPods(
  engine: Engine,
  subject: Subject,
  { adapter }: Extract<Claim, { kind: 'none' }>,
  deadline: Deadline,
  { good, end }: Say & { readonly end: End },
  steps: readonly DiagnosisStep[],
): Promise<Diagnosis> {
  const kind = textAt(subject.object, 'kind');
  good(
    'operator',
    `${adapter?.name} created the ${kind}, and Sallyport rewrites its pods when they are created`,
  );
  const unsound = await firstUnsound(engine, subject, deadline, steps);
  if (unsound) return unsound;
  const { pods = [] } = subject;
  const said = pods.map(destinationsOf).find((text) => text !== '');
  return end(
    'pods',
    'as-pods',
    said ?? `Sallyport rewrites the pods of this ${kind} when they are created`,
    '',
    pods.length === 0 ? 'no pod exists' : `no problem in ${pods.length} of them`,
  );
}

interface NotSelected {
  readonly object: Fields;
  readonly pod: Fields;
  /** The first of its labels and annotations that have no effect. */
  readonly misspelt: Finding | undefined;
}

function notSelected({ object, pod, misspelt }: NotSelected, why: string, end: End): Diagnosis {
  const mistake = misplaced(object, pod);
  if (mistake) return end('label', 'misplaced', `[MCP506] ${mistake.what}`, mistake.fix);
  if (misspelt) return end('label', 'misplaced', `[${misspelt.code}] ${misspelt.what}`, misspelt.fix);
  return end(
    'label',
    'not-labelled',
    `Sallyport does not inject the pod: ${why}`,
    `add the label ${injectLabel}: "true" and the annotation ${podAnnotations.servers}: "KIND/NAME" to the metadata of the pod or its template`,
  );
}

function denied(findings: readonly Finding[], end: End): Diagnosis {
  const [first] = findings;
  const more =
    findings.length > 1
      ? ` (and ${findings.length - 1} more; sallyport inject --explain FILE prints all)`
      : '';
  return end(
    'plan',
    'denied',
    `Sallyport denies the pod: [${first?.code}] ${first?.what}${more}`,
    first?.fix ?? '',
  );
}

const upstreamsOf = (servers: readonly PlannedServer[]) =>
  servers.map(({ name, config }) => ({ name, upstream: config.upstream }));

interface Problem {
  readonly what: string;
  readonly fix: (namespace: string) => string;
  /** Known to be missing, not only unknown. */
  readonly certain: boolean;
}

function problemOf(ref: KeyRef | WholeRef, facts: Facts): Problem | undefined {
  const { source } = ref;
  if (ref.optional) return undefined;
  const name = sourceText(source);
  const fact = factOf(facts, source);
  if (fact.state === 'unknown')
    return {
      what: `${name} cannot be checked: ${fact.why}`,
      fix: (namespace) =>
        `check that you may read it: kubectl auth can-i get ${source.kind.toLowerCase()}/${shellName(source.name)} -n ${shellName(namespace)}`,
      certain: false,
    };
  if (fact.state === 'absent')
    return {
      what: `${name} does not exist`,
      fix: (namespace) =>
        `create it: kubectl -n ${shellName(namespace)} create ${source.kind === 'Secret' ? 'secret generic' : 'configmap'} ${shellName(source.name)}${isKeyRef(ref) ? ` --from-file=${shellName(ref.key)}=PATH` : ''}`,
      certain: true,
    };
  if (!isKeyRef(ref) || fact.keys.has(ref.key)) return undefined;
  return {
    what: `${name} has no key ${JSON.stringify(ref.key)}`,
    fix: (namespace) =>
      `add the key: kubectl -n ${shellName(namespace)} patch ${source.kind.toLowerCase()} ${shellName(source.name)} --type merge -p ${shellQuoted(JSON.stringify({ [source.kind === 'Secret' ? 'stringData' : 'data']: { [ref.key]: 'VALUE' } }))}; keys that exist: ${[...fact.keys.keys()].slice(0, maxKeysShown).map(shownName).join(', ') || 'none'}`,
    certain: true,
  };
}

function notePresence(missing: readonly Problem[], say: Say): void {
  if (missing.length === 0) say.good('secrets', 'all exist');
  else say.unknown('secrets', missing.map(({ what }) => what).join('; '));
}

function absent({ what, fix }: Problem, namespace: string, waits: boolean, end: End): Diagnosis {
  const then = waits
    ? 'the pod would wait for it, and its app would not start'
    : 'the proxy would respond to its calls with 503';
  return end('secrets', 'missing', `${what}: ${then}`, fix(namespace), what);
}

interface Stored {
  readonly pod: Fields;
  readonly injection: Extract<Injection, { kind: 'planned' }>;
  readonly namespace: string;
  readonly first: Problem | undefined;
  readonly status: ProxyStatus;
}

/** A pod that is there: what it was given, whether that is still right, and how the proxy is. */
async function stored(
  engine: Engine,
  { pod, injection, namespace, first, status }: Stored,
  subject: Subject,
  deadline: Deadline,
  say: Say & { readonly end: End },
): Promise<Diagnosis> {
  const { good, unknown, end } = say;
  const again = recreate(pod);
  if (!hasProxy(pod))
    return end(
      'injected',
      'never-asked',
      `the pod has no container ${sidecarName}: it was created before it had the label, or while no webhook ran`,
      again,
      `no container ${sidecarName}`,
    );
  const judged = await audited(engine, pod, namespace, deadline, say);
  if (judged) return judged;
  // The generation of a resource is written down for people; a resource changed back and forth is the same to the pod.
  const information = pointer('metadata', 'annotations', podAnnotations.status);
  const [changed] = injection.edits.filter(({ path }) => path !== information);
  if (changed)
    return end(
      'injected',
      'outdated',
      `the pod has the configuration of its admission; today it would get: ${changed.explain ?? 'another plan'}`,
      again,
      'outdated',
    );
  good('injected', 'up to date');
  if (!status.started) {
    if (!first?.certain) return waiting(pod, namespace, status.message, end);
    const said = status.message === '' ? '' : ` (${status.message})`;
    return end(
      'proxy',
      'waiting',
      `${sidecarName} waits, because ${first.what}${said}`,
      first.fix(namespace),
      `waits${said}`,
    );
  }
  if (first?.certain)
    return end(
      'secrets',
      'missing',
      `${first.what}, so the proxy responds to calls with 503`,
      first.fix(namespace),
      first.what,
    );
  if (first) unknown('secrets', first.what);
  else good('secrets', 'all exist');
  const failing = await callsOf(engine, pod, subject, deadline, say);
  return failing ?? end('proxy', 'runs', destinations(upstreamsOf(injection.servers)), '', 'started');
}
