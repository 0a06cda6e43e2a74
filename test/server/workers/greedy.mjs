// A worker thread that allocates without end.
import { parentPort } from 'node:worker_threads';

const kept = [];
parentPort.on('message', ({ type }) => {
  if (type !== 'review') return;
  for (;;) kept.push(['sallyport']);
});
