import { atOnce } from '../core/at-once.ts';
import type { AccessFact, AccessFacts, Facts, SourceFact, Unknown } from '../core/facts.ts';
import { maxLookupsAtOnce } from '../core/limits.ts';
import { sourceKey, type SourceRef } from '../core/model.ts';
import type { Action, Cluster, Deadline } from '../core/cluster.ts';
import type { Requester } from '../core/review/admission.ts';

const nothingAsked: AccessFacts = new Map();

/** A requester who may create one of these can mount any Secret of the namespace. Pods come first: most requesters may. */
const pods = { verb: 'create', group: '', resource: 'pods' } as const;
const workloads = [
  ['apps', 'deployments'],
  ['apps', 'statefulsets'],
  ['apps', 'daemonsets'],
  ['apps', 'replicasets'],
  ['batch', 'jobs'],
  ['batch', 'cronjobs'],
  ['', 'replicationcontrollers'],
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
    const besidePods = await ask({ ...pods, namespace });
    const beside =
      besidePods === 'yes'
        ? besidePods
        : anyYes([
            besidePods,
            ...(await atOnce(maxLookupsAtOnce, workloads, ([group, resource]) =>
              ask({ verb: 'create', group, resource, namespace }),
            )),
          ]);
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

/** `no` only when each is. */
const anyYes = (answers: readonly AccessFact[]): AccessFact =>
  answers.find((answer) => answer === 'yes') ?? answers.find((answer) => answer !== 'no') ?? 'no';

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

/** Its keys and labels stay: who may write the object learns of them from its status. */
function withoutValues(fact: SourceFact): SourceFact {
  if (fact.state !== 'present') return fact;
  const { labels, upstreams, upstreamCas } = fact;
  return {
    state: 'present',
    keys: new Map([...fact.keys.keys()].map((key) => [key, { unseen: true }])),
    ...(labels ? { labels } : {}),
    ...(upstreams ? { upstreams } : {}),
    ...(upstreamCas ? { upstreamCas } : {}),
  };
}
