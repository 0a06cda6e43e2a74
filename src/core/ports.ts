import type { AgentConfigFact } from './agent-config.ts';
import type { Facts, Unknown } from './facts.ts';
import type { Fields } from './inject/pod.ts';
import type { Demands } from './inject/resources.ts';
import type { Kind } from './kinds/reader.ts';
import type { ObjectRef, SourceRef } from './model.ts';
import type { Requester } from './review/admission.ts';

/** What the engine asks of a cluster, be it a real one or a folder of YAML. Every call obeys the deadline. */
export interface Cluster {
  /** Facts about each source; one that could not be read is `unknown`, with the reason. Never rejects. */
  facts(sources: readonly SourceRef[], deadline: Deadline): Promise<Facts>;
  /**
   * Whether a requester may do something, as the cluster's own authorizer says. `undefined` where there is none, as in a
   * folder of files; rejects with `Unanswered` when there was no answer.
   */
  readonly may?: (requester: Requester, action: Action, deadline: Deadline) => Promise<boolean>;
  /** A namespace's labels; rejects when they could not be asked for. */
  readonly namespaceLabels?: (namespace: string, deadline: Deadline) => Promise<ReadonlyMap<string, string>>;
  /** What a namespace demands of its pods; what could not be asked for is left out, since the API server sees to it too. */
  readonly demands?: (namespace: string, deadline: Deadline) => Promise<Demands>;
  /**
   * The metadata of pods that run with a proxy, at most so many; rejects when they could not be asked for. Their label
   * says so, which is no proof: for information alone.
   */
  readonly injectedPods?: (
    namespace: string,
    limit: number,
    deadline: Deadline,
  ) => Promise<readonly unknown[]>;
  /** What an agent's configuration says of its servers, without the values of their headers. Never rejects. */
  readonly agentConfig?: (secret: SourceRef, deadline: Deadline) => Promise<AgentConfigFact>;
  /** A resource; rejects when it could not be asked for. */
  get(ref: CustomResourceRef, deadline: Deadline): Promise<Found | undefined>;
}

/** What a SubjectAccessReview asks about. Without a name it is about every object of that resource in the namespace. */
export interface Action {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name?: string;
}

/** A lookup that came to nothing, and why. */
export class Unanswered extends Error {
  readonly unknown: Unknown;
  constructor(unknown: Unknown) {
    super(unknown.why);
    this.unknown = unknown;
  }
}

/** Why a lookup failed. Any other error is a failure; its own text may quote what was sent. */
export const unknownOf = (error: unknown): Unknown =>
  error instanceof Unanswered
    ? error.unknown
    : { state: 'unknown', cause: 'failed', why: 'the API server did not answer' };

/** Everything there is, for whoever looks at all of it: one object after the other, so that nobody holds them all. */
export interface Inventory<T extends StoredObject = StoredObject> {
  /** Rejects with `NotListed` when they could not be listed; a kind that is not installed has none. */
  resources(kind: Kind, deadline: Deadline): AsyncIterable<T>;
  pods(deadline: Deadline): AsyncIterable<T>;
}

/** Why something could not be listed, in a clause that quotes nobody. */
export class NotListed extends Error {}

export interface StoredObject {
  readonly object: Fields;
  readonly owner: ObjectRef;
}

/**
 * How long the caller waits. Asking for the signal starts the clock, so that a review answered from what is known,
 * as most are, never pays for one; whoever is about to wait for something asks.
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
}

export interface Found {
  readonly ref: ObjectRef;
  readonly object: unknown;
}
