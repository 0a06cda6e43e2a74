import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A memory control group with a limit, as a kubelet makes one for a container: what counts against the limit is the kernel's own sum. */
export interface MemoryGroup {
  /** Starts a command inside the group. */
  readonly command: (command: readonly string[]) => readonly string[];
  /** The most the kernel counted, in MiB. It includes pages of files, which the kernel takes back before it kills. */
  readonly peakMiB: () => number;
  /** How many processes the kernel killed for the limit. */
  readonly kills: () => number;
  readonly remove: () => void;
}

/** Control group version 1, and version 2. */
const layouts = [
  {
    root: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    kills: 'memory.oom_control',
  },
  { root: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak', kills: 'memory.events' },
] as const;

let made = 0;

/** `undefined` where this process may not make one: only root may, on Linux. */
export function memoryGroup(limitMiB: number): MemoryGroup | undefined {
  const layout = layouts.find(({ root, limit }) =>
    existsSync(path.join(root, limit === 'memory.max' ? 'cgroup.controllers' : limit)),
  );
  if (!layout || process.getuid?.() !== 0) return undefined;
  made += 1;
  const folder = path.join(layout.root, `sallyport-bench-${process.pid}-${made}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, layout.limit), String(limitMiB * 1024 * 1024));
  const read = (file: string) => readFileSync(path.join(folder, file), 'latin1');
  return {
    command: (command) => ['sh', '-c', `echo $$ > ${folder}/cgroup.procs && exec "$0" "$@"`, ...command],
    peakMiB: () => Number(read(layout.peak)) / 1024 / 1024,
    kills: () => Number(/^oom_kill (\d+)/m.exec(read(layout.kills))?.[1] ?? 0),
    remove: () => {
      try {
        rmdirSync(folder);
      } catch {
        // Its processes are still ending; an empty group holds nothing.
      }
    },
  };
}
