import type { AgentConfigFact } from '../agent-config.ts';
import { notLookedUp, type Facts, type Lookup } from '../facts.ts';
import { objectLimits } from '../limits.ts';
import type { SourceRef } from '../model.ts';
import type { CustomResourceRef, Found } from '../cluster.ts';

/**
 * What an adapter must know of the cluster depends on what it learnt before: an owner's owner, the resources that one
 * names. So it asks step by step and stays pure: a generator that yields questions, driven by whoever can answer them.
 */
export type Query =
  | { readonly kind: 'objects'; readonly wanted: readonly CustomResourceRef[] }
  | { readonly kind: 'facts'; readonly sources: readonly SourceRef[] }
  | { readonly kind: 'agentConfig'; readonly secret: SourceRef };

export type Queries<Result> = Generator<Query, Result, unknown>;

export type LookupResult = Lookup<Found>;

const tooManyNamed: LookupResult = {
  state: 'unknown',
  cause: 'too-many',
  why: `it has more than ${objectLimits.links.most} ${objectLimits.links.what}`,
};

/**
 * One answer for each, in their order. Something that is being deleted is as good as gone; of more than an object may name
 * nothing is asked for, and all is unknown.
 */
export function* objects(wanted: readonly CustomResourceRef[]): Queries<readonly LookupResult[]> {
  if (wanted.length > objectLimits.links.most) return wanted.map(() => tooManyNamed);
  return wanted.length === 0 ? [] : ((yield { kind: 'objects', wanted }) as readonly LookupResult[]);
}

export function* object(wanted: CustomResourceRef): Queries<LookupResult> {
  const [found] = yield* objects([wanted]);
  return found ?? notLookedUp;
}

export function* facts(sources: readonly SourceRef[]): Queries<Facts> {
  return sources.length === 0 ? new Map() : ((yield { kind: 'facts', sources }) as Facts);
}

export function* agentConfig(secret: SourceRef): Queries<AgentConfigFact> {
  return (yield { kind: 'agentConfig', secret }) as AgentConfigFact;
}
