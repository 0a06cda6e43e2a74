import type { KeyPairFact, SourceFact, ValueFact } from '../core/facts.ts';

/**
 * What is known of a Secret or ConfigMap that files hold twice, whichever comes first: the keys of both, and of what both
 * say the worse.
 */
export function mergeFacts(a: SourceFact, b: SourceFact): SourceFact {
  if (a.state !== 'present') return a;
  if (b.state !== 'present') return b;
  const keys = new Map(a.keys);
  for (const [name, fact] of b.keys) keys.set(name, mergeValues(a.keys.get(name) ?? fact, fact));
  const keyPair = worseKeyPair(a.keyPair, b.keyPair);
  const upstreams = mergeLists(a.upstreams, b.upstreams);
  const upstreamCas = mergeLists(a.upstreamCas, b.upstreamCas);
  return {
    state: 'present',
    keys,
    ...(keyPair ? { keyPair } : {}),
    ...(a.immutable || b.immutable ? { immutable: true } : {}),
    ...(upstreams ? { upstreams } : {}),
    ...(upstreamCas ? { upstreamCas } : {}),
  };
}

function mergeValues(a: ValueFact, b: ValueFact): ValueFact {
  // Sorted, so that of two problems the same one is said whichever file comes first.
  const [problem] = [a.problem, b.problem].filter((one) => one !== undefined).toSorted();
  return {
    ...(problem === undefined ? {} : { problem }),
    ...(a.certificates && b.certificates ? { certificates: true } : {}),
  };
}

function worseKeyPair(a: KeyPairFact | undefined, b: KeyPairFact | undefined): KeyPairFact | undefined {
  if (!a || !b) return a ?? b;
  if (a.state === 'bad' && b.state === 'bad') return a.why <= b.why ? a : b;
  if (a.state === 'bad') return a;
  if (b.state === 'bad') return b;
  return a.expires <= b.expires ? a : b;
}

const mergeLists = (
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined =>
  a || b ? [...new Set([...(a ?? []), ...(b ?? [])])].toSorted() : undefined;
