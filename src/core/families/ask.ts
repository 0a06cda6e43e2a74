import type { AgentConfigFact } from '../agent-config.ts';
import { notLookedUp, type Facts, type Lookup } from '../facts.ts';
import { objectLimits } from '../limits.ts';
import type { SourceRef } from '../model.ts';
import type { CustomResourceRef, Found } from '../ports.ts';

/**
 * What a family must know of the cluster depends on what it learnt before: an owner's owner, the resources that one
 * names. So it asks step by step and stays pure: a generator that yields questions, driven by whoever can answer them.
 */
export type Question =
  | { readonly kind: 'objects'; readonly wanted: readonly CustomResourceRef[] }
  | { readonly kind: 'facts'; readonly sources: readonly SourceRef[] }
  | { readonly kind: 'agentConfig'; readonly secret: SourceRef };

export type Asking<Result> = Generator<Question, Result, unknown>;

export type Looked = Lookup<Found>;

const tooManyNamed: Looked = {
  state: 'unknown',
  cause: 'too-many',
  why: `more than ${objectLimits.links.most} ${objectLimits.links.what} are named`,
};

/**
 * One answer for each, in their order. Something that is being deleted is as good as gone; of more than an object may name
 * nothing is asked for, and all is unknown.
 */
export function* objects(wanted: readonly CustomResourceRef[]): Asking<readonly Looked[]> {
  if (wanted.length > objectLimits.links.most) return wanted.map(() => tooManyNamed);
  return wanted.length === 0 ? [] : ((yield { kind: 'objects', wanted }) as readonly Looked[]);
}

export function* object(wanted: CustomResourceRef): Asking<Looked> {
  const [found] = yield* objects([wanted]);
  return found ?? notLookedUp;
}

export function* facts(sources: readonly SourceRef[]): Asking<Facts> {
  return sources.length === 0 ? new Map() : ((yield { kind: 'facts', sources }) as Facts);
}

export function* agentConfig(secret: SourceRef): Asking<AgentConfigFact> {
  return (yield { kind: 'agentConfig', secret }) as AgentConfigFact;
}
