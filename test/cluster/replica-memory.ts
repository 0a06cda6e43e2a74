import { readFile } from 'node:fs/promises';
import { replicaProcesses } from './replica-processes.ts';

/** `VmRSS` is what a process holds now, `VmHWM` the most it held since it started. */
type Figure = 'VmRSS' | 'VmHWM';

/** The resident memory of each replica's process in MiB, as the machine counts it: of these pods, by their uids. */
export async function memoryOfReplicas(figure: Figure, pods: readonly string[]): Promise<readonly number[]> {
  const held: number[] = [];
  for (const pid of await replicaProcesses(pods)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    held.push(Math.round(Number(new RegExp(`${figure}:\\s+(\\d+)`).exec(status)?.[1]) / 1024));
  }
  return held;
}
