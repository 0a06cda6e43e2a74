import { constants } from 'node:os';
import { setMaxListeners } from 'node:events';
import { internalError } from './internal-error.ts';

/** What the command line needs of the process itself: signals, pipes that break, errors that no code expected. */

/** Ends the process; only entry files may. */
type Exit = (code: number) => void;

const signals = ['SIGINT', 'SIGTERM'] as const;

export interface Stopping {
  readonly stop: AbortSignal;
  readonly stopGracefully: () => void;
}

/**
 * Without a handler the kernel ends the process at once, also in the middle of a long calculation, and shells see 130 or
 * 143. A program that serves asks for a handler, and ends its connections first; the second signal ends it at once.
 */
export function stopping(exit: Exit): Stopping {
  const stopped = new AbortController();
  // Requests side by side all listen to it.
  setMaxListeners(0, stopped.signal);
  const end = (signal: (typeof signals)[number]) => exit(128 + constants.signals[signal]);
  // The kernel ends the first process of a container for no signal without a handler.
  if (process.pid === 1) for (const signal of signals) process.once(signal, end);
  return {
    stop: stopped.signal,
    stopGracefully: () => {
      for (const signal of signals) process.off(signal, end).once(signal, () => stopped.abort());
    },
  };
}

/**
 * The reader of a pipe may go first, as `head` does: the end of that is quiet, with the exit code of a program that
 * SIGPIPE ended. Every other failure of an output is one line.
 */
export function endOnBrokenPipe(exit: Exit): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return exit(128 + constants.signals.SIGPIPE);
    process.stderr.write(
      `sallyport: standard output cannot be written (${error.code ?? 'unknown error'}); free the space or choose another file\n`,
      () => exit(2),
    );
  });
  // There is no output left for a message.
  process.stderr.on('error', () => undefined);
}

/** Node would print a stack trace, and a message that may quote the input. */
export function reportInternalErrors(debug: boolean, exit: Exit): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(internalError(error, debug), () => exit(2));
  });
}
