// Rotates a Secret volume as the kubelet's atomic writer does, with a short pause between, until it is told to stop.
import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';

const { dir, files, stop, pauseMs } = workerData;
const stopped = new Int32Array(stop);

for (let state = 1; Atomics.load(stopped, 0) === 0; state += 1) {
  const folder = `..state-${state}`;
  mkdirSync(join(dir, folder, '+'), { recursive: true });
  for (const file of files) writeFileSync(join(dir, folder, file), String(state));
  symlinkSync(folder, join(dir, '..data_tmp'));
  const old = readlinkSync(join(dir, '..data'));
  renameSync(join(dir, '..data_tmp'), join(dir, '..data'));
  rmSync(join(dir, old), { recursive: true });
  Atomics.wait(stopped, 0, 0, pauseMs);
}
