import { fieldsAt, isFields, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import type { Kubectl, Manifest } from './kubectl.ts';

/** A service account, as the API server calls who uses it. */
const account = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;
export const byKelos = account('kelos-system', 'kelos-controller');
export const byKagent = account('kagent', 'kagent-controller');
export const byKubernetes = (controller: string): string => account('kube-system', controller);

/** They may make what they make, and read no Secret: what stands in one is looked up with our rights, not with theirs. */
export const rightsOfControllers = (namespace: string): Manifest[] => {
  const metadata = { namespace, name: 'makes-workloads' };
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  const resources = ['jobs', 'statefulsets', 'deployments'];
  const rules = [{ apiGroups: ['apps', 'batch'], resources, verbs: ['get', 'create', 'update'] }];
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: metadata.name },
      subjects: [byKelos, byKagent].map((name) => ({ apiGroup, kind: 'User', name })),
    },
  ];
};

/** An object as the API server answers it. */
export interface Stored extends Fields {
  readonly metadata: Fields;
  readonly spec: Fields;
}

/**
 * Recorded objects, sent once more to an API server that has never seen them: into one namespace, by the account that
 * makes them, with the uids that their owners have there.
 */
export class Replay {
  readonly #kubectl: Kubectl;
  readonly #namespace: string;
  /** From those that were recorded to those of this cluster. */
  readonly #uids = new Map<string, string>();

  constructor(kubectl: Kubectl, namespace: string) {
    this.#kubectl = kubectl;
    this.#namespace = namespace;
  }

  /** Somebody else owns it here: of its owner nothing was recorded but the reference. */
  async ownedBy(recorded: Fields, owner: Manifest): Promise<void> {
    const [reference] = listAt(fieldsAt(recorded, 'metadata'), 'ownerReferences');
    const { metadata } = await this.#answer(['create'], owner);
    this.#uids.set(textAt(reference, 'uid'), textAt(metadata, 'uid'));
  }

  /** A resource that was recorded, as its author wrote it. */
  authored(recorded: Fields): Manifest {
    const { apiVersion, kind, metadata, spec } = this.here(recorded);
    return { apiVersion, kind, metadata: { namespace: this.#namespace, name: metadata['name'] }, spec };
  }

  /** What was stored when it was recorded, in this cluster's terms. */
  here(recorded: Fields): Stored {
    let text = JSON.stringify(recorded).replaceAll(
      '"namespace":"default"',
      `"namespace":"${this.#namespace}"`,
    );
    for (const [theirs, ours] of this.#uids) text = text.replaceAll(theirs, ours);
    return JSON.parse(text) as Stored;
  }

  /** Gives what is stored. */
  async create(recorded: Fields, as: string): Promise<Stored> {
    const stored = await this.#answer(['create', ...sentBy(as)], this.#asSent(recorded));
    const uid = textAt(fieldsAt(recorded, 'metadata'), 'uid');
    if (uid !== '') this.#uids.set(uid, textAt(stored.metadata, 'uid'));
    return stored;
  }

  /** Gives what would be stored. */
  dryCreate(recorded: Fields, as: string): Promise<Stored> {
    return this.#answer(['create', '--dry-run=server', ...sentBy(as)], this.#asSent(recorded));
  }

  /** The whole object in the place of what is there: an update, not a merge. */
  replace(recorded: Fields, as: string, ...more: string[]): Promise<Stored> {
    return this.#answer(['replace', ...more, ...sentBy(as)], this.#asSent(recorded));
  }

  async #answer(command: readonly string[], object: Manifest): Promise<Stored> {
    return JSON.parse(
      await this.#kubectl.run([...command, '-o', 'json', '-f', '-'], JSON.stringify(object)),
    ) as Stored;
  }

  /** Without what the API server writes itself. */
  #asSent(recorded: Fields): Manifest {
    const { status: _, metadata, spec, ...rest } = this.here(recorded);
    // A pod's name is made of this, and one of that name may be there already.
    const named = 'generateName' in metadata ? [...serverWritten, 'name'] : serverWritten;
    return {
      ...rest,
      metadata: without(metadata, named),
      spec: rest['kind'] === 'Job' ? withoutSelector(spec) : spec,
    };
  }
}

const sentBy = (as: string): readonly string[] => [`--as=${as}`, '--field-manager=controller'];

const serverWritten = ['uid', 'generation', 'creationTimestamp', 'managedFields', 'resourceVersion'];

const without = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** A Job's own uid is in its selector, and nobody who sends it knows that. */
function withoutSelector(spec: Fields): Fields {
  const { selector: _, template, ...rest } = spec;
  const metadata = fieldsAt(isFields(template) ? template : {}, 'metadata');
  const labels = without(fieldsAt(metadata, 'labels'), [
    'controller-uid',
    'batch.kubernetes.io/controller-uid',
    'job-name',
    'batch.kubernetes.io/job-name',
  ]);
  return { ...rest, template: { ...(template as Fields), metadata: { ...metadata, labels } } };
}
