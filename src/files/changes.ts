import { statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { IgnoreRules } from './ignore.ts';
import { InputError } from './source.ts';
import { filesOf, isReadName, isSearchedName } from './walk.ts';

/** An editor writes a file in several steps, and a checkout many files. In milliseconds. */
const quiet = 100;
/** Changes that never pause are not waited for longer than this many quiet times. */
const mostWaits = 20;

/**
 * Watches files and folders for changes. Each folder is watched, not each file, because editors replace a file by another
 * one; and no folder recursively, so that folders which are left out cost nothing.
 */
export class FileChanges {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #changed = new Set<string>();
  #events = 0;
  #heard: () => void = () => undefined;

  /**
   * Watches what the inputs name now, and files besides. Call it before the inputs are read, so that no change is missed.
   * Throws `InputError` if the system watches no more folders.
   */
  watch(inputs: readonly string[], files: readonly string[], ignore: IgnoreRules): void {
    const whole = new Set<string>();
    const single = new Set(files.map((file) => path.resolve(file)));
    for (const one of filesOf(inputs, ignore)) {
      if (one.kind === 'folder') whole.add(path.resolve(one.folder));
      if (one.kind === 'unread') single.add(path.resolve(one.unread.file));
      if (one.kind === 'file' && !one.inFolder) single.add(path.resolve(one.file));
    }
    const isRelevant = (file: string) =>
      single.has(file) ||
      (whole.has(path.dirname(file)) && (isReadName(path.basename(file)) || isReadFolder(file)));
    this.close();
    for (const folder of new Set([...whole, ...[...single].map((file) => path.dirname(file))]))
      this.#watchFolder(folder, (file) => {
        if (isRelevant(file)) this.#hear(file);
      });
  }

  /** The files that changed since the last call, as soon as there are any and no more follow. None once it is stopped. */
  async next(stop: AbortSignal): Promise<readonly string[]> {
    if (this.#changed.size === 0 && !stop.aborted)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
    for (let waits = 0, before = -1; before !== this.#events && waits < mostWaits; waits += 1) {
      before = this.#events;
      await wait(quiet, undefined, { signal: stop }).catch(() => undefined);
    }
    const changed = stop.aborted ? [] : [...this.#changed].toSorted();
    this.#changed.clear();
    return changed;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #hear(file: string): void {
    this.#events += 1;
    this.#changed.add(file);
    this.#heard();
  }

  #watchFolder(folder: string, onChange: (file: string) => void): void {
    try {
      const watcher = watch(folder, (_event, name) => onChange(path.join(folder, name ?? '')));
      // The folder was removed, which the folder above it hears.
      watcher.on('error', () => watcher.close());
      this.#watchers.set(folder, watcher);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EACCES') return;
      const fix = code === 'ENOSPC' || code === 'EMFILE' ? '; name fewer folders, or exclude some' : '';
      throw new InputError(`${folder}: the folder cannot be watched (${code ?? 'unknown error'})${fix}`);
    }
  }
}

const isReadFolder = (file: string): boolean =>
  isSearchedName(path.basename(file)) && (statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false);
