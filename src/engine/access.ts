import type { AccessFacts, Facts, SourceFact } from '../core/facts.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Cluster, Deadline } from '../core/ports.ts';
import type { Requester } from '../core/review/admission.ts';

const nobodyToAsk: AccessFacts = new Map();

/** Asks for each Secret whether the requester could use it anyway. */
export async function askAccess(
  { mayUse }: Cluster,
  requester: Requester,
  sources: readonly SourceRef[],
  deadline: Deadline,
): Promise<AccessFacts> {
  const secrets = sources.filter(({ kind }) => kind === 'Secret');
  if (!mayUse || secrets.length === 0) return nobodyToAsk;
  const answers = await Promise.all(
    secrets.map(async (source) => {
      const answer = await mayUse(requester, source, deadline).then(
        (may) => (may ? ('yes' as const) : ('no' as const)),
        () => 'unknown' as const,
      );
      return [sourceKey(source), answer] as const;
    }),
  );
  return new Map(answers);
}

interface Withholding {
  /** There is an authorizer; in a folder of files nothing is withheld. */
  readonly asked: boolean;
  /** The object's own namespace: who may write there learns what exists from statuses anyway. */
  readonly namespace: string;
  /** Existence is withheld there too. */
  readonly strict: boolean;
}

/**
 * Leaves out what the requester may not learn: what a value is like and, elsewhere or when strict, whether it is there
 * at all. What is left out is unknown, and every rule treats it so.
 */
export function withhold(
  facts: Facts,
  sources: readonly SourceRef[],
  access: AccessFacts,
  { asked, namespace, strict }: Withholding,
): Facts {
  if (!asked) return facts;
  const hidden = sources.flatMap((source): (readonly [string, SourceFact])[] => {
    const key = sourceKey(source);
    const fact = facts.get(key);
    // Of ConfigMaps nobody is asked: those of other namespaces are nobody's to learn of.
    const may = access.get(key) ?? (source.namespace === namespace ? 'yes' : 'no');
    if (may === 'yes' || !fact || fact.state === 'unknown') return [];
    const why = may === 'no' ? 'you may not read it' : 'whether you may read it could not be asked';
    if (strict || source.namespace !== namespace) return [[key, { state: 'unknown', why }]];
    return [[key, withoutValues(fact)]];
  });
  return hidden.length === 0 ? facts : new Map([...facts, ...hidden]);
}

/** Its keys stay: who may write the object learns of them from its status. */
function withoutValues(fact: SourceFact): SourceFact {
  if (fact.state !== 'present') return fact;
  const { upstreams, upstreamCas } = fact;
  return {
    state: 'present',
    keys: new Map([...fact.keys.keys()].map((key) => [key, { unseen: true }])),
    ...(upstreams ? { upstreams } : {}),
    ...(upstreamCas ? { upstreamCas } : {}),
  };
}
