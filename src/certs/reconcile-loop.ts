import type { ControllerContext } from './own-objects.ts';

/** While a replica is not ready, every review is refused, so the next attempt comes soon. */
const notReadyRetryMs = 1000;
/** A lasting failure is logged when it begins and once in this many attempts. */
const repeatEvery = 60;

export interface ReconcileLoop {
  /** Why things are not as they should be; `undefined` when they are. */
  readonly notReady: () => string | undefined;
  /** Resolves when the loop has ended. */
  readonly ended: Promise<void>;
}

/** How one attempt to reconcile ended. */
export type ReconcileOutcome = 'success' | 'not-ready' | 'error';

/** Thrown by `reconcile`: why the API server cannot call the webhooks yet. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

/**
 * Reconciles until it is stopped, more often while something is missing, and logs each change of the reason.
 * A failed attempt does not change readiness: the last known state is more likely than its contrary.
 */
export function reconcileLoop(
  what: string,
  reconcile: () => Promise<void>,
  intervalMs: number,
  { log, stop, clock }: ControllerContext,
  reconciled: (outcome: ReconcileOutcome) => void = () => undefined,
): ReconcileLoop {
  let reason: string | undefined = `${what} has not reconciled yet`;
  let failures = 0;
  const once = async () => {
    try {
      await reconcile();
      reconciled('success');
      if (reason !== undefined) log.info(`${what}: ready`);
      reason = undefined;
      failures = 0;
    } catch (error) {
      reconciled(error instanceof NotReady ? 'not-ready' : 'error');
      if (!(error instanceof NotReady)) {
        if (failures % repeatEvery === 0)
          log.error(`${what}: a request to the API server failed${codeOf(error)}`, error);
        failures += 1;
        return;
      }
      failures = 0;
      if (reason !== error.message) log.warn(`not ready: ${error.message}`);
      reason = error.message;
    }
  };
  const ended = (async () => {
    while (!stop.aborted) {
      await once();
      const pause = reason === undefined ? intervalMs : notReadyRetryMs;
      await clock.sleep(pause, stop);
    }
  })();
  return { notReady: () => reason, ended };
}

/** A status of HTTP or an error of the network: what says whose fault it is, and no value. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && /^[A-Z0-9_]{3,}$/.test(String(error.code))
    ? ` (${String(error.code)})`
    : '';
