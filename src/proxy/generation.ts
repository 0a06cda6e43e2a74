import type { Agent } from 'node:http';
import type { ProxyServer } from '../core/proxy-contract.ts';
import { createAgent } from './agent.ts';
import { readCredentials } from './credentials.ts';
import { headerPlan, type HeaderPlan } from './headers.ts';
import type { Target } from './target.ts';
import type { FileProblem } from './volume.ts';

/**
 * Everything a request needs of the credentials, from one state of the files. It never changes; a request takes
 * one at its start and keeps it, so a header and a certificate of one Secret switch together.
 */
export interface Generation {
  readonly id: number;
  readonly loadedAt: number;
  readonly plan: HeaderPlan;
  /** Its sockets carry this generation's certificate and no other: a shared agent would resume old TLS sessions. */
  readonly agent: Agent;
  readonly notAfter: number | null;
}

export type Load = { readonly generation: Generation } | { readonly problems: readonly FileProblem[] };

export function loadGeneration(server: ProxyServer, target: Target, root: string, id: number): Load {
  const read = readCredentials(server, root);
  if ('problems' in read) return read;
  const { values, tls } = read.credentials;
  const agent = createAgent(server, target, tls);
  if (agent === null) {
    const file = server.tls?.cert ?? server.tls?.ca ?? '.';
    const source = server.sources?.[file];
    return { problems: [{ kind: 'bad', file, source, reason: 'is not accepted by OpenSSL' }] };
  }
  return {
    generation: { id, loadedAt: Date.now(), plan: headerPlan(values), agent, notAfter: tls.notAfter },
  };
}
