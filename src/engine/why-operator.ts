import { carriedServers } from '../core/audit/outdated.ts';
import { neededSources } from '../core/facts.ts';
import { hasProxy, statusLeft } from '../core/inject/injected-state.ts';
import type { Claim } from '../core/operators/claim.ts';
import type { Fields } from '../core/k8s/objects.ts';
import { neededByProxy, sourceKey, type SourceRef } from '../core/model.ts';
import { skipText } from '../core/inject/skip-reasons.ts';
import type { Deadline } from '../core/cluster.ts';
import type { Engine } from './engine.ts';
import { injectOperator, tryAgain } from './inject-operator.ts';
import { misspeltNames } from './why-names.ts';
import { audited, callsOf, destinations, destinationsOf } from './why-running.ts';
import {
  notInstalled,
  statusOf,
  waiting,
  type End,
  type Say,
  type Subject,
  type Diagnosis,
  type DiagnosisStep,
} from './diagnosis.ts';

/** The end for what an operator made that the platform did not switch on. */
export const switchedOff = ({ adapter }: Extract<Claim, { kind: 'none' }>, end: End): Diagnosis =>
  end(
    'operator',
    'operator-off',
    `${adapter?.name} created it, and the configuration does not switch ${adapter?.name} on`,
    `set inject.families.${adapter?.name}: true in the configuration; Sallyport then rewrites pods when they are created`,
  );

/** The walk for what an operator made: it asks for nothing itself. */
export async function walkOperator(
  engine: Engine,
  { adapter, workload }: Extract<Claim, { kind: 'operator' }>,
  subject: Subject,
  deadline: Deadline,
  say: Say & { readonly end: End; readonly steps: DiagnosisStep[] },
): Promise<Diagnosis> {
  const { object, namespace, installation, live } = subject;
  const { good, unknown, end, steps } = say;
  good('operator', `${adapter.name}, switched on`);
  if (!installation) unknown('cluster', 'not checked: there are only files');
  else if (installation.state === 'unknown') unknown('cluster', installation.text);
  else if (installation.state !== 'ready') return notInstalled(installation, end);
  else good('cluster', installation.text);

  if (hasProxy(workload.pod)) {
    steps.push(...(await namesIn(engine, sourcesOf(workload.pod, namespace), deadline)));
    return rewritten(engine, subject, workload.pod, deadline, say);
  }
  const found = await injectOperator(engine, { object, namespace }, deadline);
  if (found.kind === 'left')
    return end(
      'rewrite',
      'left-alone',
      `Sallyport leaves it alone: ${found.finding.what}`,
      found.finding.fix,
    );
  if (found.kind === 'skipped') return end('rewrite', 'nothing-to-take', skipText(found), '');
  const used = neededSources(found.servers.map(({ server }) => neededByProxy(server)));
  steps.push(...(await namesIn(engine, used, deadline)));
  const servers = found.servers.map(({ name, config }) => `${name} (${config.ref})`).join(', ');
  const { partly } = found;
  if (!live && partly)
    return end(
      'rewrite',
      'left-alone',
      `${servers} would go through the proxy; Sallyport leaves other servers alone: ${partly.what}`,
      partly.fix,
    );
  if (!live)
    return end(
      'rewrite',
      'would-run',
      destinations(found.servers.map(({ name, config }) => ({ name, upstream: config.upstream }))),
      '',
      `${servers} would go through the proxy`,
    );
  return end(
    'rewrite',
    'never-asked',
    `the pod holds the credentials of ${servers} in plain text: the API server stored it while no webhook ran, or before ${adapter.name} was switched on`,
    `have ${adapter.name} create it again, and delete the copies that remain: docs/operators.md#after-an-outage`,
  );
}

async function namesIn(
  engine: Engine,
  sources: readonly SourceRef[],
  deadline: Deadline,
): Promise<DiagnosisStep[]> {
  return misspeltNames(sources, await engine.cluster.facts(sources, deadline));
}

/** The Secrets and ConfigMaps of a pod's proxy, each once. */
function sourcesOf(pod: Fields, namespace: string): SourceRef[] {
  const written = carriedServers(pod).flatMap(({ sources = {} }) => Object.values(sources));
  const refs = written.flatMap((text): SourceRef[] => {
    const [word = '', name = ''] = text.split('/');
    const kind = ({ secret: 'Secret', configmap: 'ConfigMap' } as const)[word.toLowerCase()];
    return kind && name !== '' ? [{ kind, namespace, name }] : [];
  });
  return [...new Map(refs.map((ref) => [sourceKey(ref), ref])).values()];
}

async function rewritten(
  engine: Engine,
  subject: Subject,
  pod: Fields,
  deadline: Deadline,
  say: Say & { readonly end: End },
): Promise<Diagnosis> {
  const { object, namespace, live } = subject;
  const { end } = say;
  const running = live && object['kind'] === 'Pod';
  const status = statusOf(object);
  const left = statusLeft(pod);
  if ((!running || status.started) && left.length > 0)
    return end(
      'rewrite',
      'left-alone',
      `Sallyport leaves some of its servers alone: ${left.join('; ')}`,
      tryAgain,
    );
  if (!running) return end('rewrite', 'runs', destinationsOf(pod), '', 'its servers go through the proxy');
  const judged = await audited(engine, object, namespace, deadline, say);
  if (judged) return judged;
  if (status.started)
    return (
      (await callsOf(engine, object, subject, deadline, say)) ??
      end('rewrite', 'runs', destinationsOf(pod), '', 'its servers go through the proxy')
    );
  return waiting(object, namespace, status.message, end);
}
