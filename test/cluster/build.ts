import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, repository } from './cache.ts';
import { run } from './processes.ts';

const sources = path.join(repository, 'test/cluster/kubernetes');

/**
 * Every part of Kubernetes in one binary, built on first use: minutes on a small machine, then a look into the cache.
 * The key is everything that goes in, so that a new version is never taken for the old one.
 */
export async function kubernetesBinary(say: (line: string) => void): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(path.join(sources, name)));
  const folder = path.join(cacheFolder, hash.digest('hex'));
  const binary = path.join(folder, 'kubernetes');
  if (existsSync(binary)) return binary;

  const version = kubernetesVersion(await readFile(path.join(sources, 'go.mod'), 'utf8'));
  const [major = '', minor = ''] = version.slice(1).split('.');
  say(`building Kubernetes ${version} from source; this takes some minutes, once`);
  const stamp = 'k8s.io/component-base/version';
  const ldflags = [
    '-s -w',
    `-X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`,
  ].join(' ');
  await goBuild({ sources, what: '.', ldflags, binary, say });
  return binary;
}

interface GoBuild {
  /** The folder of a module. */
  readonly sources: string;
  /** One of its packages with a `main`. */
  readonly what: string;
  readonly ldflags: string;
  readonly binary: string;
  readonly say: (line: string) => void;
}

export async function goBuild({ sources, what, ldflags, binary, say }: GoBuild): Promise<void> {
  await mkdir(path.dirname(binary), { recursive: true });
  // Under another name first: a build that was interrupted must not be found as a finished one.
  const unfinished = `${binary}.${process.pid}`;
  const started = performance.now();
  let packages = 0;
  await run('go', ['build', '-v', '-trimpath', '-ldflags', ldflags, '-o', unfinished, what], {
    cwd: sources,
    env: { CGO_ENABLED: '0' },
    progress(text) {
      const before = packages;
      packages += text.split('\n').length - 1;
      if (Math.floor(packages / 200) > Math.floor(before / 200)) say(`${packages} packages compiled`);
    },
  });
  await rename(unfinished, binary);
  say(`built in ${Math.round((performance.now() - started) / 1000)} s`);
}

function kubernetesVersion(goMod: string): string {
  const version = /^\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('go.mod does not say which Kubernetes it is');
  return version;
}
