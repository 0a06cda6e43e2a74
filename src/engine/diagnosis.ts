import type { LastFailure, ServerCalls } from '../core/audit/proxy-calls.ts';
import { sidecarName } from '../core/inject/sidecar.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { shellName } from '../core/shell.ts';

/** Every way a diagnosis can end. Each has a test that ends there. */
export const endings = [
  'no-pod',
  'misplaced',
  'not-labelled',
  'not-installed',
  'exempt',
  'not-ready',
  'denied',
  'never-asked',
  'outdated',
  'altered',
  'waiting',
  'calls-fail',
  'missing',
  'runs',
  'would-run',
  'operator-off',
  'left-alone',
  'nothing-to-take',
  'as-pods',
] as const;
export type Ending = (typeof endings)[number];

/** Nothing stands in the way. */
export const fine: ReadonlySet<Ending> = new Set<Ending>(['runs', 'would-run', 'nothing-to-take', 'as-pods']);

export interface DiagnosisStep {
  readonly name: string;
  /** `unknown` where there was no cluster, or it did not permit the request. */
  readonly state: 'good' | 'bad' | 'unknown';
  readonly text: string;
}

export interface Diagnosis {
  readonly steps: readonly DiagnosisStep[];
  readonly ending: Ending;
  /** What is wrong; for an ending that is fine, where calls go or why there is nothing to do. */
  readonly reason: string;
  /** Empty for an ending that is fine. */
  readonly fix: string;
}

/** The installation as a cluster shows it; left out where there is no cluster. */
export interface Installation {
  readonly state: 'absent' | 'exempt' | 'not-ready' | 'ready' | 'unknown';
  readonly text: string;
}

export interface Subject {
  readonly object: Fields;
  readonly namespace: string;
  readonly installation?: Installation;
  /** Taken from a cluster, so that what is stored can be compared with what would be. */
  readonly live: boolean;
  /** Of a live workload: the pods that it has now. */
  readonly pods?: readonly Fields[];
  /** Of a live pod: what its proxy says of its calls. */
  readonly calls?: (pod: Fields, signal: AbortSignal) => Promise<ObservedCalls>;
}

/** What the proxy of a running pod says of its calls, as far as the user may read it. */
export interface ObservedCalls {
  /** `undefined` where the user may not read the metrics (`get pods/proxy`). */
  readonly calls: readonly ServerCalls[] | undefined;
  readonly lastFailure: LastFailure | undefined;
}

export type Say = Readonly<Record<'good' | 'unknown', (name: string, text: string) => void>>;
export type End = (name: string, ending: Ending, reason: string, fix: string, text?: string) => Diagnosis;

export function notInstalled({ state, text }: Installation, end: End): Diagnosis {
  if (state === 'absent') return end('cluster', 'not-installed', text, 'install Sallyport: docs/install.md');
  if (state === 'exempt')
    return end(
      'cluster',
      'exempt',
      text,
      'run the pod in another namespace, or change the namespaceSelector of the webhook entries',
    );
  return end('cluster', 'not-ready', text, 'find the reason: sallyport doctor');
}

export interface ProxyStatus {
  readonly started: boolean;
  /** The last message of its container, before it ended or while it waits. */
  readonly message: string;
}

/** The end of a pod whose proxy has not passed its startup probe. */
export function waiting(pod: Fields, namespace: string, message: string, end: End): Diagnosis {
  const said = message === '' ? '' : ` (${message})`;
  return end(
    'proxy',
    'waiting',
    `${sidecarName} has not started${said}`,
    `read the events of the pod: kubectl -n ${shellName(namespace)} describe pod ${shellName(textAt(fieldsAt(pod, 'metadata'), 'name'))}`,
    `not started${said}`,
  );
}

export function statusOf(pod: Fields): ProxyStatus {
  const statuses = listAt(fieldsAt(pod, 'status'), 'initContainerStatuses');
  const ours = statuses.find((one) => textAt(one, 'name') === sidecarName);
  const last = fieldsAt(fieldsAt(ours, 'lastState'), 'terminated');
  const now = fieldsAt(ours, 'state');
  const message = [fieldsAt(now, 'waiting'), fieldsAt(now, 'terminated'), last]
    .map((state) => textAt(state, 'message').trim())
    .find((text) => text !== '');
  return { started: ours?.['started'] === true, message: message ?? '' };
}
