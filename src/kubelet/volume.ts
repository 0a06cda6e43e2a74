import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

let written = 0;

/**
 * Lays out a Secret volume as kubelet's atomic writer does, and on a second call rotates it as kubelet does:
 * a new folder is filled, `..data` is renamed onto it, the names that are gone lose their links, and the old
 * folder is deleted at once. Paths may be nested (`+/h0`).
 */
export function layOutVolume(dir: string, files: Readonly<Record<string, string | Buffer>>): void {
  mkdirSync(dir, { recursive: true });
  const data = join(dir, '..data');
  const old = existsSync(data) ? readlinkSync(data) : null;
  written += 1;
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '_').replace('T', '_').slice(0, 19);
  const folder = `..${stamp}.${process.pid}${String(written).padStart(9, '0')}`;

  mkdirSync(join(dir, folder));
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, 0o444);
  }
  symlinkSync(folder, join(dir, '..data_tmp'));
  renameSync(join(dir, '..data_tmp'), data);

  const visible = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path));
  // Only links are the writer's own: another volume may be mounted below.
  const isLink = (name: string) => !name.startsWith('..') && lstatSync(join(dir, name)).isSymbolicLink();
  const present = new Set(readdirSync(dir).filter(isLink));
  for (const name of visible) if (!present.has(name)) symlinkSync(join('..data', name), join(dir, name));
  for (const name of present) if (!visible.has(name)) rmSync(join(dir, name));
  if (old !== null) rmSync(join(dir, old), { recursive: true, force: true });
}
