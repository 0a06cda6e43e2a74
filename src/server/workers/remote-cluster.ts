import { clusterMethods, type Cluster, type ClusterMethod, type Deadline } from '../../core/cluster.ts';
import type { LookedUpMessage, LookupMessage } from './protocol.ts';

type Send = (message: LookupMessage | { readonly type: 'cancel'; readonly id: number }) => void;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * The server's cluster, as a worker thread sees it: every lookup is a message, so that caches, connections and metrics are
 * shared, and Secrets are read where their facts are made.
 */
export class RemoteCluster {
  readonly #send: Send;
  readonly #pending = new Map<number, Pending>();
  #next = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** With every method of a cluster. */
  cluster(hasAuthorizer: boolean): Cluster {
    const one =
      (method: ClusterMethod) =>
      (...args: readonly unknown[]) =>
        this.#ask(method, args);
    const methods = Object.fromEntries(clusterMethods.map((method) => [method, one(method)]));
    return { hasAuthorizer, ...methods } as unknown as Cluster;
  }

  answered(message: LookedUpMessage): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'found') pending?.resolve(message.value);
    else pending?.reject(new Error('the lookup threw'));
  }

  #ask(method: ClusterMethod, args: readonly unknown[]): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    const { signal } = args.at(-1) as Deadline;
    const cancel = () => this.#send({ type: 'cancel', id });
    signal.addEventListener('abort', cancel, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ type: 'lookup', id, method, args: args.slice(0, -1).map(plain) });
      if (signal.aborted) cancel();
    }).finally(() => signal.removeEventListener('abort', cancel));
  }
}

/** A kind passes for a reference to one of its resources, and its functions cannot be sent. */
function plain(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null || Array.isArray(arg)) return arg;
  return Object.fromEntries(Object.entries(arg).filter(([, value]) => typeof value !== 'function'));
}
