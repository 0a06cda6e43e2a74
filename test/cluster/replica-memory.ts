import { readdir, readFile } from 'node:fs/promises';

/** `VmRSS` is what a process holds now, `VmHWM` the most it held since it started. */
type Figure = 'VmRSS' | 'VmHWM';

/** The resident memory of each replica's process in MiB, as the machine counts it: of these pods, by their uids. */
export async function memoryOfReplicas(figure: Figure, pods: readonly string[]): Promise<readonly number[]> {
  const held: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes('/sallyport/cli.mjs\0serve\0--in-cluster')) continue;
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
    if (!pods.some((uid) => environment.includes(`POD_UID=${uid}`))) continue;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    held.push(Math.round(Number(new RegExp(`${figure}:\\s+(\\d+)`).exec(status)?.[1]) / 1024));
  }
  return held;
}
