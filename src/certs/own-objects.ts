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
  /** The namespace of the Service that is called. */
  readonly namespace: string | undefined;
}

export interface InstalledConfiguration {
  /** The namespace of the install that published here first. */
  readonly claimedBy: string | undefined;
  readonly entries: readonly InstalledEntry[];
}

export const webhookKinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
export type WebhookKind = (typeof webhookKinds)[number];

/**
 * Our Secrets, one for each reader: the key of the CA is for the certificate controller alone, `sallyport-webhook` is
 * what replicas serve, in the form of `kubernetes.io/tls` with `ca.crt`, and `sallyport-path` is where they answer.
 */
export type OwnSecret = 'sallyport-authority' | 'sallyport-webhook' | 'sallyport-path';

/** A Secret's values, with the version that a write of it replaces. */
export interface StoredSecret {
  readonly values: ReadonlyMap<string, string>;
  readonly version: string;
}

/** What a replica says in its Lease, as fingerprints of CAs. */
export interface ReplicaReport {
  /** Those that every installed entry of ours carries. */
  readonly bundle: readonly string[];
  /** Those of them under which the certificate it serves verifies. */
  readonly servesUnder: readonly string[];
}

/** A replica's report as it is stored. */
export interface StoredReplicaReport extends ReplicaReport {
  readonly replica: string;
  /** Changes with every renewal: a replica that renews is alive, whatever its clock says. */
  readonly renewed: string;
  /** For how long it had said the same when it renewed, by its own clock. */
  readonly steadyMs: number;
  /** How long after a renewal it still counts as alive. */
  readonly lifeMs: number;
}

/** The Lease of the leading certificate controller. */
export interface LeaderLease {
  /** Empty when no process holds it. */
  readonly holder: string;
  readonly renewed: string;
  readonly version: string;
}

/** Sallyport's own objects in the cluster it runs in. Every call rejects when the API server cannot be asked. */
export interface OwnObjects {
  readonly namespace: string;
  /** `undefined` when there is no such Secret. */
  readSecret(name: OwnSecret): Promise<StoredSecret | undefined>;
  /** Writes over that version, or makes it. False when another process was first. */
  writeSecret(name: OwnSecret, values: ReadonlyMap<string, string>, over?: StoredSecret): Promise<boolean>;
  /** `undefined` when that configuration is not installed. */
  configuration(kind: WebhookKind): Promise<InstalledConfiguration | undefined>;
  /** Writes CA bundle and path of these entries, and whose they are, under a field manager of its own. */
  publish(kind: WebhookKind, entries: readonly PublishedEntry[]): Promise<void>;
  report(report: ReplicaReport & { readonly steadyMs: number; readonly lifeMs: number }): Promise<void>;
  reports(): Promise<readonly StoredReplicaReport[]>;
  leadership(): Promise<LeaderLease | undefined>;
  /** False when another process was first. */
  lead(holder: string, lifeMs: number, over?: LeaderLease): Promise<boolean>;
}

/** Milliseconds. Certificates are about the time of day; waiting is not, because that may jump. */
export interface Clock {
  /** Since 1970. */
  now(): number;
  /** Since some moment, never backwards. */
  elapsed(): number;
  /** Resolves after so long, or when it is aborted. */
  sleep(ms: number, stop: AbortSignal): Promise<void>;
}

/** What a loop about certificates runs on. */
export interface ControllerContext {
  readonly log: {
    info(message: string): void;
    warn(message: string): void;
    error(message: string, error: unknown): void;
  };
  readonly stop: AbortSignal;
  readonly clock: Clock;
}
