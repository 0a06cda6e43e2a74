import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { runWorker } from '../server/workers/worker.ts';

/** The scheduler prefers the thread that answers probes and small reviews, also on one core. */
const niceness = 19;

/** The worker thread that judges large reviews. */
if (!parentPort) throw new Error('src/worker/main.ts runs in a worker thread of `sallyport serve`');
// On Linux this is the niceness of the calling thread, elsewhere that of the whole process.
if (process.platform === 'linux') setPriority(niceness);
runWorker(parentPort);
