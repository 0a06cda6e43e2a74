import { watch, type FSWatcher } from 'node:fs';
import { loadSnapshot, type CredentialSnapshot, type LoadOptions } from './credential-snapshot.ts';
import { deletionGraceMs, pollMs } from './limits.ts';
import type { Log } from './log.ts';
import { describeProblem, volumeFolders, volumeState, type FileProblem } from './volume.ts';

export interface StoreOptions extends LoadOptions {
  readonly log: Log;
  /** For tests; the defaults are in `limits.ts`. */
  readonly pollMs?: number | undefined;
  readonly deletionGraceMs?: number | undefined;
}

export interface ReloadState {
  readonly failed: boolean;
  readonly failures: number;
  readonly lastFailureAt: number | null;
}

/** The credentials of one server, kept as fresh as its files. */
export interface Store {
  /** What a request is sent with, or why none can be. */
  readonly current: () => CredentialSnapshot | 'missing-file' | 'bad-file';
  /** One line for each file that is wrong now; empty when the newest files are in use. */
  readonly problems: () => readonly string[];
  readonly reloads: () => ReloadState;
  readonly close: () => void;
}

export function createStore(options: StoreOptions): Store {
  const { server, root, log } = options;
  const grace = options.deletionGraceMs ?? deletionGraceMs;
  let snapshot: CredentialSnapshot | null = null;
  let loads = 0;
  let state: string | null = null;
  let problems: readonly FileProblem[] = [];
  let missingSince: number | null = null;
  let failures = 0;
  let lastFailureAt: number | null = null;

  const drop = () => {
    if (snapshot === null) return;
    snapshot.upstreams.retire();
    snapshot = null;
    log.error('credentials removed', { server: server.name });
  };

  const accept = (next: CredentialSnapshot) => {
    const previous = snapshot;
    snapshot = next;
    loads = next.id;
    problems = [];
    missingSince = null;
    previous?.upstreams.retire();
    log.info('credentials loaded', { server: server.name, generation: next.id });
  };

  const refuse = (found: readonly FileProblem[]) => {
    const lines = found.map((problem) => describeProblem(problem, server.name));
    const known = problems.map((problem) => describeProblem(problem, server.name));
    problems = found;
    const missing = found.some(({ kind }) => kind === 'missing');
    missingSince = missing ? (missingSince ?? Date.now()) : null;
    if (lines.join('\n') === known.join('\n')) return;
    failures += 1;
    lastFailureAt = Date.now();
    const keeps = snapshot === null ? {} : { keepsGeneration: snapshot.id };
    log.warn('credentials not loaded', { server: server.name, problems: lines, ...keeps });
  };

  const check = () => {
    const now = volumeState(server, root);
    // With a problem the same state is read again: a permission may change without a swap.
    if (now !== state || problems.length > 0) {
      state = now;
      const next = loadSnapshot(options, loads + 1);
      if (next.kind === 'loaded') accept(next.snapshot);
      else refuse(next.problems);
    }
    if (missingSince !== null && Date.now() - missingSince >= grace) drop();
  };

  check();
  const timer = setInterval(check, options.pollMs ?? pollMs);
  const stopWatching = accelerate(() => volumeFolders(server, root), check);

  return {
    current: () =>
      snapshot ?? (problems.some(({ kind }) => kind === 'missing') ? 'missing-file' : 'bad-file'),
    problems: () => problems.map((problem) => describeProblem(problem, server.name)),
    reloads: () => ({ failed: problems.length > 0, failures, lastFailureAt }),
    close: () => {
      clearInterval(timer);
      stopWatching();
      snapshot?.upstreams.retire();
    },
  };
}

/**
 * Watches folders, never files: a watch on a file is blind after the first swap. Only an accelerator, since
 * inotify may be exhausted or missing; the poll is what counts, so every failure here is ignored.
 */
function accelerate(folders: () => readonly string[], changed: () => void): () => void {
  const watchers: FSWatcher[] = [];
  for (const folder of folders()) {
    try {
      const watcher = watch(folder, { persistent: false }, changed);
      watcher.on('error', () => watcher.close());
      watchers.push(watcher);
    } catch {
      // The poll finds the change.
    }
  }
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
