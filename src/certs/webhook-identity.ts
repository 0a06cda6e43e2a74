import type { Issued } from './issue.ts';

/** The certificate the server shows and the path it answers below. */
export interface WebhookIdentity {
  /** What it shows first. */
  readonly certificate: Issued;
  /** Whether requests below this folder are answered: empty, or an unguessable one such as `/3f9a...`. */
  readonly answersBelow: (prefix: string) => boolean;
  /** Why the API server cannot call us yet; `undefined` when it can. */
  readonly notReady: () => string | undefined;
  /** Hands over each certificate that takes the place of the one before. */
  readonly onRenewal: (use: (certificate: Issued) => void) => void;
}
