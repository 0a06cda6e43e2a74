import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { run } from './processes.ts';

/** Each program the cluster needs, with the Debian package that has it. */
const programs = {
  etcd: 'etcd-server',
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  iptables: 'iptables',
  conntrack: 'conntrack',
  busybox: 'busybox-static',
  buildah: 'buildah',
  ip: 'iproute2',
  nsenter: 'util-linux',
  openssl: 'openssl',
} as const;

type Program = keyof typeof programs;

/** Installs the Debian packages that are missing, or says everything that is missing at once and how to get it. */
export async function requireMachine(
  say: (line: string) => void,
  needed: readonly Program[] = Object.keys(programs) as Program[],
): Promise<void> {
  const problems: string[] = [];
  if (process.platform !== 'linux') problems.push('the cluster tests run on Linux only');
  const root = process.getuid?.() === 0;
  if (!root)
    problems.push('they make network namespaces and containers, so they need root: run them with sudo');
  if (needed.includes('etcd') && !isThere('go'))
    problems.push('Go 1.24 or newer is missing: see https://go.dev/doc/install (it builds Kubernetes once)');

  const packages = missingPackages(needed);
  if (packages.length > 0) {
    const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
    if (root && problems.length === 0 && isThere('apt-get')) {
      say(`installing ${packages.join(', ')} with apt-get`);
      const env = { DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', command.slice(1), { env });
    } else {
      problems.push(`programs are missing: ${command.join(' ')} (on Debian or Ubuntu)`);
    }
  }
  if (problems.length > 0)
    throw new Error(`The cluster tests cannot run here:\n${problems.map((one) => `- ${one}`).join('\n')}`);
}

const missingPackages = (needed: readonly Program[]): string[] => [
  ...new Set(needed.filter((program) => !isThere(program)).map((program) => programs[program])),
];

export function isThere(program: string): boolean {
  // Root's own folders are not always on the path of a service that runs the tests.
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  const places = program.startsWith('/') ? [program] : folders.map((folder) => path.join(folder, program));
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
