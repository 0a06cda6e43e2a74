// A worker thread that never answers a review.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ type }) => {
  if (type !== 'review') return;
  for (;;);
});
