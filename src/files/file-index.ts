import type { AgentConfigFact } from '../core/agent-config.ts';
import type { Absent, SourceFact } from '../core/facts.ts';
import { objectKey, sourceKey, type ObjectName, type SourceRef } from '../core/model.ts';
import { controlledSecret, secretControllerOf } from '../core/secret-controllers.ts';
import { observeAgentConfig } from '../facts/agent-config.ts';
import { observe, valuesOf } from '../facts/observe.ts';
import { nearest } from '../core/nearest.ts';
import { mergeFacts } from '../facts/merge-facts.ts';
import type { KubernetesObject, SourceDocument } from './source.ts';

/** Names that a missing one is compared with: the work for each missing name is bounded, however many objects there are. */
const mostCompared = 200;

/**
 * Which document holds which object. A lookup parses the documents that it asks for, and never walks through all of them:
 * each of 20,000 resources asks.
 */
export class FileIndex {
  readonly #objects = new Map<string, SourceDocument>();
  readonly #sources = new Map<string, SourceDocument[]>();
  readonly #facts = new Map<string, SourceFact>();
  /** Secrets that an object among the files makes, with that object. */
  readonly #pending = new Map<string, string>();
  readonly #byKind = new Map<string, SourceDocument[]>();
  /** By group, kind and namespace. */
  readonly #names = new Map<string, string[]>();

  /** `fallback` is the namespace of objects that name none. */
  constructor(documents: readonly SourceDocument[], fallback: string) {
    for (const document of documents) this.#add(document, fallback);
  }

  #add(document: SourceDocument, fallback: string): void {
    const { group, version, kind, name } = document.identity;
    const namespace = document.identity.namespace || fallback;
    const key = objectKey({ group, kind, namespace, name });
    if (!this.#objects.has(key)) this.#objects.set(key, document);
    append(this.#names, objectKey({ group, kind, namespace, name: '' }), name);
    const maker = secretControllerOf(group, kind);
    const made = maker && controlledSecret(maker, document.object);
    if (made !== undefined)
      this.#pending.set(sourceKey({ kind: 'Secret', namespace, name: made }), `${kind}/${name}`);
    if (group !== '' || version !== 'v1') return;
    if (kind === 'Secret' || kind === 'ConfigMap')
      append(this.#sources, sourceKey({ kind, namespace, name }), document);
    else if (kind === 'Namespace') append(this.#byKind, `Namespace/${name}`, document);
    else if (listed.has(kind)) append(this.#byKind, `${kind}/${namespace}`, document);
  }

  /** The first object of that name. */
  get(name: ObjectName): KubernetesObject | undefined {
    return this.#objects.get(objectKey(name))?.object;
  }

  /** That there is no such object, with the nearest name among those of its kind and namespace. */
  absent({ name, ...where }: ObjectName): Absent {
    const names = this.#names.get(objectKey({ ...where, name: '' })) ?? [];
    const found = nearest(name, names.slice(0, mostCompared));
    return { state: 'absent', ...(found === undefined ? {} : { nearest: found }) };
  }

  namespace(name: string): KubernetesObject | undefined {
    return this.#byKind.get(`Namespace/${name}`)?.[0]?.object;
  }

  /** Objects of the core group in a namespace. */
  list(kind: 'LimitRange' | 'ResourceQuota' | 'Pod', namespace: string): KubernetesObject[] {
    return (this.#byKind.get(`${kind}/${namespace}`) ?? []).map(({ object }) => object);
  }

  agentConfig(name: Omit<SourceRef, 'kind'>): AgentConfigFact {
    const found = this.get({ ...name, group: '', kind: 'Secret' });
    return found ? observeAgentConfig(valuesOf('Secret', found)) : { state: 'absent' };
  }

  /** What is known of a Secret or ConfigMap; `missing` where it is not among the files. */
  fact(source: SourceRef, missing: SourceFact): SourceFact {
    const key = sourceKey(source);
    const pending = this.#pending.get(key);
    const fact = this.#observed(source, key) ?? (pending === undefined ? missing : absent);
    if (pending !== undefined) return fact.state === 'unknown' ? fact : { ...fact, pending };
    return fact.state === 'absent' ? this.absent({ ...source, group: '' }) : fact;
  }

  #observed({ kind }: SourceRef, key: string): SourceFact | undefined {
    const before = this.#facts.get(key);
    if (before) return before;
    const [first, ...more] = (this.#sources.get(key) ?? []).map(({ object }) =>
      observe(valuesOf(kind, object), object),
    );
    if (!first) return undefined;
    const fact = more.reduce(mergeFacts, first);
    this.#facts.set(key, fact);
    return fact;
  }
}

const absent: Absent = { state: 'absent' };

const listed: ReadonlySet<string> = new Set(['LimitRange', 'ResourceQuota', 'Pod']);

function append<T>(map: Map<string, T[]>, key: string, one: T): void {
  const before = map.get(key);
  if (before) before.push(one);
  else map.set(key, [one]);
}
