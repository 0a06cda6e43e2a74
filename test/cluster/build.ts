import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, repository } from './cache.ts';
import { run } from './processes.ts';

const kubernetes = 'test/cluster/kubernetes';

/** Every part of Kubernetes in one binary. */
export const kubernetesBinary = async (say: (line: string) => void): Promise<string> =>
  ownBinary({
    folder: kubernetes,
    modFile: await kubernetesModFile(),
    of: 'k8s.io/kubernetes',
    say,
    stamps(version) {
      const [major = '', minor = ''] = version.slice(1).split('.');
      const stamp = 'k8s.io/component-base/version';
      return `-X ${stamp}.gitVersion=${version} -X ${stamp}.gitMajor=${major} -X ${stamp}.gitMinor=${minor}`;
    },
  });

/** Compiles and evaluates admission policies with the API server's own packages: few of them, built in a minute. */
export const policyCompiler = async (say: (line: string) => void): Promise<string> =>
  ownBinary({
    folder: kubernetes,
    modFile: await kubernetesModFile(),
    of: 'k8s.io/apiserver',
    say,
    program: 'policies',
  });

export const coreDnsBinary = (say: (line: string) => void): Promise<string> =>
  ownBinary({ folder: 'test/cluster/coredns', of: 'github.com/coredns/coredns', say });

/** The version of go.mod, or the minor version that SALLYPORT_KUBERNETES names, such as 1.37: that of go-1.37.mod. */
async function kubernetesModFile(): Promise<string> {
  const wanted = process.env['SALLYPORT_KUBERNETES'] ?? '';
  if (wanted === '') return 'go.mod';
  const files = await readdir(path.join(repository, kubernetes));
  const others = files.flatMap((name) => /^go-(.+)\.mod$/.exec(name)?.[1] ?? []);
  if (others.includes(wanted)) return `go-${wanted}.mod`;
  throw new Error(
    `SALLYPORT_KUBERNETES is ${wanted}: ${kubernetes} has go.mod, and go-VERSION.mod for ${others.join(', ')}`,
  );
}

interface OwnBinary {
  /** Of the module, below the repository. */
  readonly folder: string;
  readonly modFile?: string;
  /** The module whose version counts. */
  readonly of: string;
  readonly say: (line: string) => void;
  readonly stamps?: (version: string) => string;
  readonly program?: string;
}

/**
 * A program of a Go module of this repository, which is little more than the version of another one, built on first use:
 * minutes on a small machine, then a look into the cache. The key is everything that goes in, so that a new version is never
 * taken for the old one.
 */
export async function ownBinary({
  folder,
  modFile = 'go.mod',
  of,
  say,
  stamps = () => '',
  program = '.',
}: OwnBinary): Promise<string> {
  const sources = path.join(repository, folder);
  const hash = createHash('sha256');
  const sourceFiles = (await readdir(path.join(sources, program))).filter((name) => name.endsWith('.go'));
  const programFiles = sourceFiles.toSorted().map((name) => path.join(program, name));
  for (const name of [modFile, modFile.replace(/mod$/, 'sum'), ...programFiles])
    hash.update(await readFile(path.join(sources, name)));
  const binary = path.join(cacheFolder, hash.digest('hex'), path.basename(path.join(folder, program)));
  if (existsSync(binary)) return binary;
  const version = versionOf(of, await readFile(path.join(sources, modFile), 'utf8'));
  say(`building ${of} ${version} from source; this takes some minutes, once`);
  await goBuild({ sources, modFile, what: `./${program}`, ldflags: `-s -w ${stamps(version)}`, binary, say });
  return binary;
}

/**
 * Go downloads the toolchain that a go.mod names if the installed one is older. This is Go's default, which some machines
 * switch off in Go's configuration. GOTOOLCHAIN in the environment overrides it.
 */
export const goToolchain = { GOTOOLCHAIN: process.env['GOTOOLCHAIN'] || 'auto' };

interface GoBuild {
  /** The folder of a module. */
  readonly sources: string;
  readonly modFile?: string;
  /** One of its packages with a `main`. */
  readonly what: string;
  readonly ldflags: string;
  readonly binary: string;
  readonly say: (line: string) => void;
}

export async function goBuild({
  sources,
  modFile = 'go.mod',
  what,
  ldflags,
  binary,
  say,
}: GoBuild): Promise<void> {
  await mkdir(path.dirname(binary), { recursive: true });
  // Under another name first: a build that was interrupted must not be found as a finished one.
  const unfinished = `${binary}.${process.pid}`;
  const started = performance.now();
  let packages = 0;
  const other = modFile === 'go.mod' ? [] : [`-modfile=${modFile}`, `-tags=${buildTag(modFile)}`];
  const flags = ['-v', ...other, '-trimpath', '-ldflags', ldflags];
  await run('go', ['build', ...flags, '-o', unfinished, what], {
    cwd: sources,
    env: { ...goToolchain, CGO_ENABLED: '0' },
    progress(text) {
      const before = packages;
      packages += text.split('\n').length - 1;
      if (Math.floor(packages / 200) > Math.floor(before / 200)) say(`${packages} packages compiled`);
    },
  });
  await rename(unfinished, binary);
  say(`built in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** What a file of the program has in its build constraint, such as kubernetes_1_37 for the version of go-1.37.mod. */
const buildTag = (modFile: string): string =>
  `kubernetes_${modFile.replace(/^go-(.+)\.mod$/, '$1').replaceAll('.', '_')}`;

function versionOf(module: string, goMod: string): string {
  const lines = goMod.split('\n').map((line) => line.trim().replace(/^require /, ''));
  const version = lines.find((line) => line.startsWith(`${module} v`))?.split(' ')[1];
  if (version === undefined) throw new Error(`go.mod does not name a version of ${module}`);
  return version;
}
