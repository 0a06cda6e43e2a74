import { codes } from '../codes.ts';
import type { Finding } from '../finding.ts';
import { proxiesOf } from '../inject/injected-state.ts';
import { fieldsAt, textAt, type Fields } from '../k8s/objects.ts';
import { podName } from '../names.ts';
import type { EventSubject } from './top-owner.ts';
import { printable } from '../printable.ts';

/** Why a pod stands out. */
export const reasons = ['Outdated', 'WithoutProxy', 'LeftAlone', 'Altered'] as const;
export type Reason = (typeof reasons)[number];

export function reasonOf({ code }: Finding, pod: Fields): Reason {
  return codes[code].eventReason ?? (proxiesOf(pod).length === 0 ? 'WithoutProxy' : 'Altered');
}

/** What is written where people look. */
export interface PodEvent {
  /** The same for the same object and reason, so that there is one event of it, however often it is written. */
  readonly name: string;
  readonly namespace: string;
  readonly reason: Reason;
  readonly message: string;
  readonly about: EventSubject;
}

/** The API server takes no more. */
const maxMessage = 1024;

export function eventOf(
  pod: Fields,
  about: EventSubject,
  reason: Reason,
  found: readonly Finding[],
): PodEvent {
  const sentences = found.map(({ code, what, fix }) => `[${code}] ${what}. Fix: ${fix}.`);
  const message = printable(`Pod ${textAt(fieldsAt(pod, 'metadata'), 'name')}: ${sentences.join(' ')}`);
  return {
    name: podName(about.name, [about.uid, reason]),
    namespace: about.namespace,
    reason,
    message: message.length <= maxMessage ? message : `${message.slice(0, maxMessage - 1)}…`,
    about,
  };
}
