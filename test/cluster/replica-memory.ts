import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { replicaProcesses } from './replica-processes.ts';

/** The resident memory of each replica's process in MiB, with the pages of files: of these pods, by their uids. */
export async function memoryOfReplicas(pods: readonly string[]): Promise<readonly number[]> {
  const held: number[] = [];
  for (const pid of await replicaProcesses(pods)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    held.push(Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024));
  }
  return held;
}

/** What the kernel compares with the limit of a container. */
export interface ContainerMemory {
  /** The most that it counted since the container started, in MiB. */
  readonly peakMiB: number;
  /** Processes that it killed for the limit. */
  readonly kills: number;
}

/** The memory of each replica's container, from its control group. */
export async function containerMemoryOfReplicas(
  pods: readonly string[],
): Promise<readonly ContainerMemory[]> {
  const found: ContainerMemory[] = [];
  for (const pid of await replicaProcesses(pods)) {
    const group = await memoryGroupOf(pid);
    const peak = Number(await readFile(path.join(group.folder, group.peak), 'utf8'));
    const events = await readFile(path.join(group.folder, group.kills), 'utf8');
    found.push({
      peakMiB: Math.round(peak / 1024 / 1024),
      kills: Number(/^oom_kill (\d+)/m.exec(events)?.[1] ?? Number.NaN),
    });
  }
  return found;
}

/** Control group version 1 has a hierarchy for memory, version 2 one for everything. */
async function memoryGroupOf(pid: number) {
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  const first = /^\d+:memory:(.+)$/m.exec(groups)?.[1];
  if (first !== undefined && existsSync('/sys/fs/cgroup/memory'))
    return {
      folder: path.join('/sys/fs/cgroup/memory', first),
      peak: 'memory.max_usage_in_bytes',
      kills: 'memory.oom_control',
    };
  const second = /^0::(.+)$/m.exec(groups)?.[1] ?? '';
  return { folder: path.join('/sys/fs/cgroup', second), peak: 'memory.peak', kills: 'memory.events' };
}
