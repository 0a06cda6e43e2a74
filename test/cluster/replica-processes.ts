import { readdir, readFile } from 'node:fs/promises';

/** The process ids of the webhook server on this machine, in the pods with these uids. */
export async function replicaProcesses(pods: readonly string[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes('/sallyport/cli.mjs\0serve\0--in-cluster')) continue;
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).split('\0');
    if (pods.some((uid) => environment.includes(`POD_UID=${uid}`))) found.push(Number(pid));
  }
  return found;
}
