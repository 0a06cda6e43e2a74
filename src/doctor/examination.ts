import type { Configuration } from '../core/configuration.ts';
import type { Fields } from '../core/k8s/objects.ts';

/** One thing that was looked at, in one line. */
export interface Check {
  readonly name: string;
  /** `unknown` where nobody could be asked. */
  readonly state: 'good' | 'bad' | 'unknown';
  readonly text: string;
  /** What to do about it, for what is bad. */
  readonly fix?: string;
}

export const good = (name: string, text: string): Check => ({ name, state: 'good', text });
export const bad = (name: string, text: string, fix: string): Check => ({ name, state: 'bad', text, fix });
export const unknown = (name: string, text: string): Check => ({ name, state: 'unknown', text });

/** An API server's answer, with the object it holds. */
export interface Reply {
  readonly code: number;
  readonly body: Fields;
  /** What it warned of, all in one. */
  readonly warnings: string;
}

/** The cluster as whoever examines it may ask it. */
export interface DoctorClient {
  /** Where Sallyport is installed. */
  readonly namespace: string;
  /** Rejects when nothing came. */
  readonly get: (path: string) => Promise<Reply>;
  /** For questions and dry runs alone: nothing is stored. */
  readonly post: (path: string, body: object) => Promise<Reply>;
  /** Every object of a list; rejects when they could not be listed. */
  readonly list: (path: string, labelSelector?: string) => Promise<readonly Fields[]>;
  /** Whether a pod's server shows a certificate for this name that this bundle vouches for: the reason when not. */
  readonly handshake: (
    pod: string,
    port: number,
    name: string,
    bundle: string,
  ) => Promise<string | undefined>;
  /** The operator-made pods that `audit` calls missed, as `NAMESPACE/NAME`; rejects when pods could not be listed. */
  readonly missedPods: (configuration: Configuration) => Promise<readonly string[]>;
  /** The custom resource definitions, page by page; rejects with `NotListed`. */
  readonly definitions: () => AsyncIterable<readonly Fields[]>;
  readonly now: () => number;
}

/** What a 403 or a missing object means to whoever looks. */
export function unreadable(name: string, what: string, { code }: Pick<Reply, 'code'>): Check {
  return code === 403 || code === 401
    ? unknown(name, `you may not read ${what}`)
    : unknown(name, `${what} cannot be read: the API server responded with ${code}`);
}
