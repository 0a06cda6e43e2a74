import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { requireBanner, shared, texts } from '../../build/bundle-options.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The program of worker threads, made of the sources: a thread runs in plain Node, without vitest. */
    worker: string;
  }
}

let folder: string | undefined;

export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-worker-'));
  await build({
    ...shared,
    entryPoints: { worker: 'src/worker/main.ts' },
    outdir: folder,
    banner: { js: requireBanner },
    plugins: [texts],
  });
  project.provide('worker', path.join(folder, 'worker.mjs'));
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
