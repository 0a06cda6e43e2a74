import type { Issued } from './issue.ts';

/** What all replicas share, kept in one Secret of our own namespace. */
export interface SharedIdentity {
  readonly authority: Issued;
  /** Where the webhooks answer: anybody in the cluster's network can call a webhook that can be found. */
  readonly prefix: string;
}

/** The two fields of a webhook entry that are ours to write. */
export interface PublishedEntry {
  readonly name: string;
  /** PEM. */
  readonly caBundle: string;
  readonly path: string;
}

/** An entry as it is installed. */
export interface InstalledEntry {
  readonly name: string;
  readonly caBundle: string | undefined;
  readonly path: string | undefined;
}

export type WebhookKind = 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration';

/** Sallyport's own objects in the cluster it runs in. Every call rejects when the API server cannot be asked. */
export interface OwnObjects {
  /** Where the webhook is called, for the certificate: `sallyport.sallyport-system.svc`. */
  readonly serviceName: string;
  /** The Secret's values; `undefined` when there is no such Secret. */
  readIdentity(): Promise<ReadonlyMap<string, string> | undefined>;
  /** False when somebody else was first. */
  createIdentity(values: ReadonlyMap<string, string>): Promise<boolean>;
  /** `undefined` when that configuration is not installed. */
  entries(kind: WebhookKind): Promise<readonly InstalledEntry[] | undefined>;
  /** Writes CA bundle and path of these entries and nothing else, under a field manager of its own. */
  publish(kind: WebhookKind, entries: readonly PublishedEntry[]): Promise<void>;
}
