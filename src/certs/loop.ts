import type { Surroundings } from './ports.ts';

/** While we are not ready every review is refused, so the next look comes soon. */
const impatientMs = 1000;
/** What goes wrong for a while is said when it begins and once in so many looks. */
const repeatEvery = 60;

export interface Loop {
  /** Why things are not as they should be; `undefined` when they are. */
  readonly notReady: () => string | undefined;
  /** Resolves when the loop has ended. */
  readonly ended: Promise<void>;
}

/** What comes of a look. */
export type Outcome = 'well' | 'not-ready' | 'failed';

/** Thrown by a look: why the API server cannot call us yet. */
export class NotReady extends Error {}

/**
 * Looks again and again until it is stopped, sooner while something is missing, and says each change of what that is.
 * A look that fails changes nothing: what was true a moment ago is likelier than the contrary.
 */
export function lookForEver(
  what: string,
  look: () => Promise<void>,
  patientMs: number,
  { log, stop, clock }: Surroundings,
  saw: (outcome: Outcome) => void = () => undefined,
): Loop {
  let reason: string | undefined = `${what} has not looked at the cluster yet`;
  let failures = 0;
  const once = async () => {
    try {
      await look();
      saw('well');
      if (reason !== undefined) log.info(`${what}: all is well`);
      reason = undefined;
      failures = 0;
    } catch (error) {
      saw(error instanceof NotReady ? 'not-ready' : 'failed');
      if (!(error instanceof NotReady)) {
        if (failures % repeatEvery === 0)
          log.error(`${what}: the API server could not be asked, or refused${codeOf(error)}`, error);
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
      const pause = reason === undefined ? patientMs : impatientMs;
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
