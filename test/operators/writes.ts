import { readFile } from 'node:fs/promises';
import type { ClusterAddress } from '../cluster/kubectl.ts';
import { auditLog } from '../cluster/control-plane.ts';

/** One write that the API server did. */
export interface Write {
  readonly at: number;
  /** The user, without what is the same for all service accounts. */
  readonly by: string;
  readonly verb: string;
  /** `deployments`, `virtualmcpservers/status`. */
  readonly what: string;
  readonly name: string;
}

interface Entry {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly requestReceivedTimestamp: string;
}

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** What was written in a namespace since a moment, from the API server's own log. */
export async function writesIn(
  { logs }: ClusterAddress,
  namespace: string,
  since: number,
): Promise<readonly Write[]> {
  if (logs === undefined) throw new Error('the audit log of a cluster that is not ours cannot be read');
  const lines = (await readFile(auditLog(logs), 'utf8')).split('\n');
  return lines.flatMap((line) => {
    if (line === '') return [];
    const { verb, user, objectRef, responseStatus, requestReceivedTimestamp } = JSON.parse(line) as Entry;
    const at = Date.parse(requestReceivedTimestamp);
    if (!objectRef || objectRef.namespace !== namespace || at < since || !writing.has(verb)) return [];
    if ((responseStatus?.code ?? 500) >= 300) return [];
    const { resource, subresource, name = '' } = objectRef;
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    return [{ at, by: user.username.replace('system:serviceaccount:', ''), verb, what, name }];
  });
}

/** Those that would make other pods, or other configurations for them. */
export const isRollout = ({ what }: Write): boolean =>
  ['deployments', 'replicasets', 'statefulsets', 'pods', 'configmaps'].includes(what);

/** `how many times verb what name, by whom`, the most frequent first. */
export function counted(writes: readonly Write[]): string[] {
  const counts = new Map<string, number>();
  for (const { verb, what, name, by } of writes) {
    const line = `${verb} ${what} ${name}, by ${by}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([line, count]) => `${count} x ${line}`);
}
