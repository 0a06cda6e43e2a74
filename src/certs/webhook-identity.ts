import type { Issued } from './issue.ts';

/** What the server shows and where it answers, whoever made it. */
export interface WebhookIdentity {
  readonly certificate: Issued;
  /** Empty, or an unguessable folder such as `/3f9a...`. */
  readonly prefix: string;
  /** Why the API server cannot call us yet; `undefined` when it can. */
  readonly notReady: () => string | undefined;
  /** Hands over each certificate that takes the place of the one before; whoever brings certificates in files never does. */
  readonly onRenewal: (use: (certificate: Issued) => void) => void;
}
