import { isThere } from '../cluster/requirements.ts';
import { run } from '../cluster/processes.ts';

/** The servers ours is compared with, by Debian package. `nginx-light` of one release is `nginx` of another. */
const packages = { nginx: 'nginx-light', haproxy: 'haproxy' };

/** Installs what is missing, or says so and ends: a comparison with nobody would prove nothing. */
export async function setup(): Promise<void> {
  const missing = Object.entries(packages).flatMap(([program, name]) => (isThere(program) ? [] : [name]));
  if (missing.length === 0) return;
  const args = ['install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0 || !isThere('apt-get'))
    throw new Error(`programs are missing: apt-get ${args.join(' ')} (on Debian or Ubuntu)`);
  console.log(`differential: installing ${missing.join(', ')} with apt-get`);
  // Installed, but not started: the tests start them, on ports of their own.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', args, { env });
}
