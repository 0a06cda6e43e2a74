// A worker thread that throws.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ type }) => {
  if (type === 'review') throw new Error('on purpose');
});
