import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, repository } from './cache.ts';
import { run } from './processes.ts';

/** Every part of Kubernetes in one binary. */
export const kubernetesBinary = (say: (line: string) => void): Promise<string> =>
  ownBinary('test/cluster/kubernetes', 'k8s.io/kubernetes', say, (version) => {
    const [major = '', minor = ''] = version.slice(1).split('.');
    const stamp = 'k8s.io/component-base/version';
    return `-X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
  });

/** Compiles and evaluates admission policies with the API server's own packages: few of them, built in a minute. */
export const policyCompiler = (say: (line: string) => void): Promise<string> =>
  ownBinary('test/cluster/kubernetes', 'k8s.io/apiserver', say, () => '', 'policies');

export const coreDnsBinary = (say: (line: string) => void): Promise<string> =>
  ownBinary('test/cluster/coredns', 'github.com/coredns/coredns', say);

/**
 * A program of a Go module of this repository, which is little more than the version of another one, built on first use:
 * minutes on a small machine, then a look into the cache. The key is everything that goes in, so that a new version is never
 * taken for the old one.
 */
export async function ownBinary(
  folder: string,
  of: string,
  say: (line: string) => void,
  stamps: (version: string) => string = () => '',
  program = '.',
): Promise<string> {
  const sources = path.join(repository, folder);
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', path.join(program, 'main.go')])
    hash.update(await readFile(path.join(sources, name)));
  const binary = path.join(cacheFolder, hash.digest('hex'), path.basename(path.join(folder, program)));
  if (existsSync(binary)) return binary;
  const version = versionOf(of, await readFile(path.join(sources, 'go.mod'), 'utf8'));
  say(`building ${of} ${version} from source; this takes some minutes, once`);
  await goBuild({ sources, what: `./${program}`, ldflags: `-s -w ${stamps(version)}`, binary, say });
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

function versionOf(module: string, goMod: string): string {
  const lines = goMod.split('\n').map((line) => line.trim().replace(/^require /, ''));
  const version = lines.find((line) => line.startsWith(`${module} v`))?.split(' ')[1];
  if (version === undefined) throw new Error(`go.mod does not say which ${module} it is`);
  return version;
}
