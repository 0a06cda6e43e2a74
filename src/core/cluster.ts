import type { CopyKind } from './audit/copy-kinds.ts';
import type { AgentConfigFact } from './agent-config.ts';
import type { AccessFact, Facts, Lookup } from './facts.ts';
import type { Fields } from './k8s/objects.ts';
import type { KnownConstraints } from './inject/resources.ts';
import type { Kind } from './kinds/reader.ts';
import type { ObjectRef, SourceRef } from './model.ts';
import type { Requester } from './review/admission.ts';
import type { Right } from './rights.ts';

/**
 * What the engine asks of a cluster, be it a real one or a folder of YAML. A plain object, so that a decorator spreads the
 * inner cluster and overrides what it changes. Every method obeys the deadline and none rejects: what could not be read is
 * `unknown`, with the reason.
 */
export interface Cluster {
  /** Whether there is an authorizer that `may` asks. A folder of files has none, and nothing is withheld from anyone. */
  readonly hasAuthorizer: boolean;
  /** Facts about each source. */
  readonly facts: (sources: readonly SourceRef[], deadline: Deadline) => Promise<Facts>;
  /** Whether the cluster's authorizer allows a requester to do something. */
  readonly may: (requester: Requester, action: Action, deadline: Deadline) => Promise<AccessFact>;
  /** A namespace's labels. */
  readonly namespaceLabels: (
    namespace: string,
    deadline: Deadline,
  ) => Promise<Lookup<{ readonly labels: ReadonlyMap<string, string> }>>;
  /** What a namespace demands of its pods. */
  readonly namespaceConstraints: (namespace: string, deadline: Deadline) => Promise<Lookup<KnownConstraints>>;
  /**
   * The metadata of pods that run with a proxy, at most so many. Their label says so, which is no proof: for information
   * alone.
   */
  readonly injectedPods: (
    namespace: string,
    limit: number,
    deadline: Deadline,
  ) => Promise<Lookup<{ readonly pods: readonly unknown[] }>>;
  /** What an agent's configuration says of its servers, without the values of their headers. */
  readonly agentConfig: (secret: SourceRef, deadline: Deadline) => Promise<AgentConfigFact>;
  /** A resource. */
  readonly get: (ref: CustomResourceRef, deadline: Deadline) => Promise<Lookup<Found>>;
}

export type ClusterMethod = Exclude<keyof Cluster, 'hasAuthorizer'>;

const everyMethod: Readonly<Record<ClusterMethod, true>> = {
  facts: true,
  may: true,
  namespaceLabels: true,
  namespaceConstraints: true,
  injectedPods: true,
  agentConfig: true,
  get: true,
};

/** The name of each method of a cluster. */
export const clusterMethods = Object.keys(everyMethod) as readonly ClusterMethod[];

/** What a SubjectAccessReview asks about. Without a name it is about every object of that resource in the namespace. */
export interface Action extends Right {
  readonly name?: string;
}

/** All objects of a cluster or folder, one after the other, so that they are never all in memory. */
export interface Inventory<T extends StoredObject = StoredObject> {
  /** Rejects with `NotListed` when they could not be listed; a kind that is not installed has none. */
  resources(kind: Kind, deadline: Deadline): AsyncIterable<T>;
  pods(deadline: Deadline): AsyncIterable<T>;
  /** Other objects, of which the labels and annotations are checked: of a live cluster their metadata alone. */
  others(type: OtherType, deadline: Deadline): AsyncIterable<T>;
  /** Objects besides pods that may hold a copy of a credential. Rejects with `NotListed`. */
  copies(kind: CopyKind, deadline: Deadline): AsyncIterable<T>;
}

/** Objects that are no MCP resources or pods and have labels or annotations of ours. */
export const otherTypes = ['namespaces', 'configmaps', 'secrets', 'workloads'] as const;
export type OtherType = (typeof otherTypes)[number];

/** Why something could not be listed, in a clause without text of the API server. */
export class NotListed extends Error {
  override readonly name = 'NotListed';
  /** The status that the API server responded with; `undefined` if it did not respond. */
  readonly code: number | undefined;
  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

export interface StoredObject {
  readonly object: Fields;
  readonly owner: ObjectRef;
}

/**
 * How long the caller waits. Asking for the signal starts the clock, so that a review answered from what is known,
 * as most are, never pays for one; ask for it just before you wait.
 */
export interface Deadline {
  readonly signal: AbortSignal;
}

export interface CustomResourceRef {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** Newest first. */
  readonly versions: readonly string[];
  readonly namespace: string;
  readonly name: string;
  /** One that was created a moment ago need not be found. */
  readonly eventual?: true;
}

export interface Found {
  readonly ref: ObjectRef;
  readonly object: unknown;
  /** The same each time while the object is remembered as it is, so that what follows from it can be kept with it. */
  readonly version?: object;
}
