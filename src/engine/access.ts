import { atOnce } from '../core/at-once.ts';
import type { AccessFact, AccessFacts, Facts, SourceFact, Unknown } from '../core/facts.ts';
import { maxLookupsAtOnce } from '../core/limits.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Action, Cluster, Deadline } from '../core/ports.ts';
import type { Requester } from '../core/review/admission.ts';

const nothingAsked: AccessFacts = new Map();

/** A requester who may do one of these can mount any Secret of the namespace. */
const runningPods = [
  { verb: 'create', group: '', resource: 'pods' },
  { verb: 'create', group: 'apps', resource: 'deployments' },
] as const;

/**
 * Whether the requester could use each Secret without the resource under review: run a pod beside it, or read it. The
 * first question has one answer for a whole namespace, so it comes first and is asked once for all of its Secrets.
 */
export async function askAccess(
  cluster: Pick<Cluster, 'may' | 'hasAuthorizer'>,
  requester: Requester,
  sources: readonly SourceRef[],
  deadline: Deadline,
): Promise<AccessFacts> {
  const secrets = sources.filter(({ kind }) => kind === 'Secret');
  if (!cluster.hasAuthorizer || secrets.length === 0) return nothingAsked;
  const ask = (action: Action): Promise<AccessFact> => cluster.may(requester, action, deadline);
  const facts: [string, AccessFact][] = [];
  for (const namespace of new Set(secrets.map((secret) => secret.namespace))) {
    const inNamespace = secrets.filter((secret) => secret.namespace === namespace);
    const beside = await firstYes(runningPods, (action) => ask({ ...action, namespace }));
    const answers = await atOnce(
      maxLookupsAtOnce,
      inNamespace,
      async (secret): Promise<[string, AccessFact]> => {
        const key = sourceKey(secret);
        if (beside === 'yes') return [key, beside];
        const { name } = secret;
        const read = await ask({ verb: 'get', group: '', resource: 'secrets', namespace, name });
        return [key, read === 'no' ? beside : read];
      },
    );
    facts.push(...answers);
  }
  return new Map(facts);
}

/** `yes` as soon as one is; `no` only when each is. */
async function firstYes<T>(items: readonly T[], ask: (item: T) => Promise<AccessFact>): Promise<AccessFact> {
  let open: AccessFact = 'no';
  for (const item of items) {
    const answer = await ask(item);
    if (answer === 'yes') return answer;
    if (answer !== 'no') open = answer;
  }
  return open;
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
 * Leaves out what the requester may not learn: what a value is like and, elsewhere or when strict, whether the Secret
 * exists and which origins it is for. What is left out is `withheld`, whatever the lookup found, so that the answer is
 * the same for every Secret.
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
    // There is no question about ConfigMaps: those of other namespaces are withheld.
    const may = access.get(key) ?? (source.namespace === namespace ? 'yes' : 'no');
    if (may === 'yes' || !fact || isOfNamespace(fact)) return [];
    if (strict || source.namespace !== namespace) return [[key, withheld(may)]];
    return [[key, withoutValues(fact)]];
  });
  return hidden.length === 0 ? facts : new Map([...facts, ...hidden]);
}

/** The same for every Secret of a namespace, so that it says nothing about one of them. */
const isOfNamespace = (fact: SourceFact): boolean =>
  fact.state === 'unknown' && (fact.cause === 'forbidden' || fact.cause === 'not-asked');

const withheld = (may: AccessFact): Unknown =>
  typeof may === 'string'
    ? { state: 'unknown', cause: 'withheld', why: 'you may not read it' }
    : { ...may, why: `whether you may read it is not known (${may.why})` };

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
