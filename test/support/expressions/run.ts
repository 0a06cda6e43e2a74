import { Worker } from 'node:worker_threads';
import type { Adversary } from './adversaries.ts';

export interface Trial {
  readonly source: string;
  readonly flags: string;
  readonly everywhere: boolean;
  /** Characters of each text. */
  readonly length: number;
  readonly adversaries: readonly Adversary[];
}

/** Runs in a worker thread, because only terminating the thread stops an expression. Reports each trial that is done. */
const program = String.raw`
  const { parentPort, workerData } = require('node:worker_threads');
  const { trials, first } = workerData;
  for (let i = first; i < trials.length; i++) {
    const { source, flags, everywhere, length, adversaries } = trials[i];
    const regex = new RegExp(source, everywhere && !flags.includes('g') ? flags + 'g' : flags);
    for (const { before, run, after } of adversaries) {
      const middle = length - before.length - after.length;
      const text = before + run.repeat(Math.ceil(middle / run.length)).slice(0, middle) + after;
      if (everywhere) text.replace(regex, '');
      else regex.exec(text);
    }
    parentPort.postMessage(i);
  }
`;

/** Returns the trials that took longer than `guard` milliseconds and had to be terminated. */
export async function stopped<T extends Trial>(trials: readonly T[], guard: number): Promise<readonly T[]> {
  const found: T[] = [];
  for (let first = 0; first < trials.length;) {
    const reached = await runFrom(first, trials, guard);
    if (reached < trials.length) found.push(trials[reached]!);
    first = reached + 1;
  }
  return found;
}

/** Returns the index of the trial that hangs, or the number of trials. */
function runFrom(first: number, trials: readonly Trial[], guard: number): Promise<number> {
  const worker = new Worker(program, { eval: true, workerData: { trials, first } });
  return new Promise((resolve, reject) => {
    let next = first;
    let timer: NodeJS.Timeout | undefined;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        worker.off('exit', ended);
        void worker.terminate().then(() => {
          resolve(next);
        });
      }, guard);
    };
    const ended = () => {
      clearTimeout(timer);
      resolve(next);
    };
    worker.once('online', watch);
    worker.on('message', (done: number) => {
      next = done + 1;
      watch();
    });
    worker.once('error', reject);
    worker.once('exit', ended);
  });
}
