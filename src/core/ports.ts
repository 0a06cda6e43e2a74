import type { Facts } from './facts.ts';
import type { ObjectRef, SourceRef } from './model.ts';

/** What the engine asks of a cluster, be it a real one or a folder of YAML. Every call obeys the signal. */
export interface Cluster {
  /** Facts about each source; one that could not be read is `unknown`, with the reason. Never rejects. */
  facts(sources: readonly SourceRef[], signal: AbortSignal): Promise<Facts>;
  /** A custom resource; rejects when it could not be asked for. */
  get(ref: CustomResourceRef, signal: AbortSignal): Promise<Found | undefined>;
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
