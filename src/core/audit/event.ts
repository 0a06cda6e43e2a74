import { printable, type Finding } from '../finding.ts';
import { proxiesOf } from '../inject/carried.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../inject/pod.ts';
import { podName } from '../names.ts';

/** Why a pod stands out. */
export const reasons = ['Outdated', 'WithoutProxy', 'LeftAlone', 'Altered'] as const;
export type Reason = (typeof reasons)[number];

export function reasonOf({ code }: Finding, pod: Fields): Reason {
  if (code === 'MCP510') return 'Outdated';
  if (code === 'MCP511') return 'LeftAlone';
  return proxiesOf(pod).length === 0 ? 'WithoutProxy' : 'Altered';
}

/** What is written where people look. */
export interface PodEvent {
  /** The same for the same object and reason, so that there is one event of it, however often it is written. */
  readonly name: string;
  readonly namespace: string;
  readonly reason: Reason;
  readonly message: string;
  readonly about: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
}

/** The API server takes no more. */
const maxMessage = 1024;

/** About whoever makes the pod anew: its controller; about the pod itself when it has none. */
export function eventOf(pod: Fields, namespace: string, reason: Reason, found: readonly Finding[]): PodEvent {
  const metadata = fieldsAt(pod, 'metadata');
  const controller = listAt(metadata, 'ownerReferences').find((one) => one['controller'] === true);
  const [apiVersion, kind] = controller
    ? [textAt(controller, 'apiVersion'), textAt(controller, 'kind')]
    : ['v1', 'Pod'];
  const [name, uid] = [textAt(controller ?? metadata, 'name'), textAt(controller ?? metadata, 'uid')];
  const sentences = found.map(({ code, what, fix }) => `[${code}] ${what}. Fix: ${fix}.`);
  const message = printable(`Pod ${textAt(metadata, 'name')}: ${sentences.join(' ')}`);
  return {
    name: podName(name, [uid, reason]),
    namespace,
    reason,
    message: message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…`,
    about: { apiVersion, kind, namespace, name, uid },
  };
}
