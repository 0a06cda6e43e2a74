import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The app may run as any user. */
const readableByAll = { file: 0o444, folder: 0o755 } as const;

/**
 * All files of a volume as they are in it, but for those that are given anew. Names that begin with `..` are how the
 * kubelet switches a volume's content at once; what they hold is reached by the names beside them.
 */
export function copyFolder(from: string, to: string, anew: ReadonlyMap<string, string>): void {
  // Left by an earlier run of this pod, when its node was started again.
  for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true });
  for (const name of readdirSync(from)) {
    if (name.startsWith('..')) continue;
    const [source, target] = [join(from, name), join(to, name)];
    if (statSync(source).isDirectory()) {
      mkdirSync(target);
      copyFolder(source, target, new Map());
      chmodSync(target, readableByAll.folder);
    } else {
      writeFileSync(target, anew.get(name) ?? readFileSync(source));
      // Not by the mode it is made with: a umask would take from that.
      chmodSync(target, readableByAll.file);
    }
  }
}
