import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ProxyServer } from '../core/contracts/proxy-contract.ts';
import { maxPemBytes, readAttempts } from './limits.ts';

/** One thing wrong with one file of a server. Never says what stands in the file. */
export interface FileProblem {
  readonly kind: 'missing' | 'bad';
  readonly file: string;
  /** Where the file comes from, as the configuration names it: `secret/gh-token/token`. */
  readonly source: string | undefined;
  readonly reason: string;
}

/** All files of one server as they were at one moment. */
export interface VolumeContent {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Per bundle of the configuration, header name to value. */
  readonly bundles: readonly ReadonlyMap<string, Buffer>[];
}

export interface VolumeRead {
  readonly content: VolumeContent | null;
  readonly problems: readonly FileProblem[];
}

/** The files a server cannot do without. */
export function neededFiles(server: ProxyServer): string[] {
  const { tls } = server;
  const named = server.headers.flatMap((h) => h.file ?? h.basic ?? []);
  return [...named, ...(tls ? [tls.cert, tls.key, tls.ca].filter((file) => file !== null) : [])];
}

/** kubelet's atomic writer points `..data` at the current folder; a plain folder (CSI, tests) has none. */
function linkOf(dir: string): string | null {
  try {
    return readlinkSync(join(dir, '..data'));
  } catch {
    return null;
  }
}

interface Places {
  readonly base: string;
  /** A bundle's folder with its own `..data` is a volume of its own. */
  readonly bundles: readonly { readonly dir: string; readonly ownVolume: boolean }[];
}

function placesOf(server: ProxyServer, root: string): Places {
  const base = join(root, server.dir);
  const bundles = server.bundles.map((bundle) => {
    const dir = join(base, bundle.dir);
    return { dir, ownVolume: dir !== base && linkOf(dir) !== null };
  });
  return { base, bundles };
}

/** The folders to watch for a swap. */
export function volumeFolders(server: ProxyServer, root: string): string[] {
  const { base, bundles } = placesOf(server, root);
  return [base, ...bundles.filter((b) => b.ownVolume).map((b) => b.dir)];
}

/** Changes whenever the files may have changed. Microseconds for a kubelet volume: one readlink. */
export function volumeState(server: ProxyServer, root: string): string {
  return volumeFolders(server, root)
    .map((dir) => linkOf(dir) ?? plainState(dir, server))
    .join('|');
}

function plainState(dir: string, server: ProxyServer): string {
  const names = server.bundles.length === 0 ? neededFiles(server) : [...neededFiles(server), ...keysIn(dir)];
  return names
    .map((name) => {
      const stat = statSync(join(dir, name), { throwIfNoEntry: false });
      return stat ? `${name}:${stat.ino}:${stat.size}:${stat.mtimeMs}` : `${name}:-`;
    })
    .join(',');
}

/** Keys of a whole Secret. `+` holds our own files, dot-files are kubelet's, and a key is never a folder. */
function keysIn(dir: string): string[] {
  const isKey = (name: string) =>
    !name.startsWith('.') &&
    name !== '+' &&
    statSync(join(dir, name), { throwIfNoEntry: false })?.isDirectory() !== true;
  try {
    return readdirSync(dir).filter(isKey);
  } catch {
    return [];
  }
}

type FileRead =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'missing' | 'bad'; readonly reason: string };

function readFile(path: string): FileRead {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    const stat = fstatSync(handle);
    if (!stat.isFile()) return { kind: 'bad', reason: 'is not a regular file' };
    if (stat.size > maxPemBytes) return { kind: 'bad', reason: `is larger than ${maxPemBytes} bytes` };
    const bytes = Buffer.alloc(stat.size);
    const length = readSync(handle, bytes, 0, stat.size, 0);
    return { kind: 'read', bytes: bytes.subarray(0, length) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing', reason: 'is missing' };
    return {
      kind: 'bad',
      reason: code === 'EACCES' ? 'cannot be read (permission denied)' : 'cannot be read',
    };
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/**
 * Reads all files of one server from one state of its volume: the folder `..data` points at is read, and the
 * read counts only when `..data` points there still. So a header and a certificate of one Secret never mix.
 */
export function readVolume(server: ProxyServer, root: string): VolumeRead {
  for (let attempt = 1; attempt <= readAttempts; attempt += 1) {
    const before = volumeState(server, root);
    const read = readOnce(server, root);
    if (volumeState(server, root) === before) return read;
  }
  const problem: FileProblem = {
    kind: 'bad',
    file: '.',
    source: undefined,
    reason: 'changes while it is read',
  };
  return { content: null, problems: [problem] };
}

function readOnce(server: ProxyServer, root: string): VolumeRead {
  const places = placesOf(server, root);
  const problems: FileProblem[] = [];
  const sources = server.sources ?? {};
  const current = (dir: string) => join(dir, linkOf(dir) ?? '.');
  const read = (dir: string, file: string, source: string | undefined): Buffer | null => {
    const result = readFile(join(dir, file));
    if (result.kind === 'read') return result.bytes;
    problems.push({ file, source, ...result });
    return null;
  };

  const base = current(places.base);
  const found = new Map<string, Buffer>();
  for (const file of neededFiles(server)) {
    const bytes = read(base, file, sources[file]);
    if (bytes) found.set(file, bytes);
  }

  const bundles = places.bundles.map(({ dir, ownVolume }, i) => {
    const bundle = server.bundles[i]?.dir ?? '.';
    const folder = ownVolume ? current(dir) : join(base, bundle);
    const values = new Map<string, Buffer>();
    for (const key of keysIn(folder)) {
      const bytes = read(folder, key, sources[bundle] && `${sources[bundle]}/${key}`);
      if (bytes) values.set(key, bytes);
    }
    if (values.size === 0 && !problems.some((p) => p.kind === 'bad')) {
      const reason = existsSync(folder) ? 'is missing or has no keys' : 'is missing';
      problems.push({ kind: 'missing', file: bundle, source: sources[bundle], reason });
    }
    return values;
  });
  return { content: problems.length === 0 ? { files: found, bundles } : null, problems };
}

/** `Secret gh-token key token is missing (server github)`: what a person has to look at. */
export function describeProblem(problem: FileProblem, server: string): string {
  return `${describeSource(problem)} ${problem.reason} (server ${server})`;
}

function describeSource({ source, file }: FileProblem): string {
  const [kind = '', name, ...key] = source?.split('/') ?? [];
  if (kind === 'serviceaccounttoken') return `service account token for audience ${key.join('/')}`;
  const word = { secret: 'Secret', configmap: 'ConfigMap' }[kind.toLowerCase()];
  if (word === undefined || name === undefined) return file === '.' ? 'the volume' : `file ${file}`;
  return key.length === 0 ? `${word} ${name}` : `${word} ${name} key ${key.join('/')}`;
}
