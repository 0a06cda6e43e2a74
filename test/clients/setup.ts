import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { repository } from '../cluster/cache.ts';
import { onInterruption } from '../cluster/processes.ts';
import { toolchains, type Toolchains } from './toolchains.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    toolchains: Toolchains;
    /** For everything of this run that is a file. */
    folder: string;
  }
}

let folder = '';
let skipped: string[] = [];
const say = (line: string) => console.log(`clients: ${line}`);

/** Makes the languages ready. One that is not on the machine is skipped, and said; where all must be there it fails. */
export async function setup(project: TestProject): Promise<void> {
  if (!existsSync(path.join(repository, 'dist/proxy.mjs')))
    throw new Error('dist/proxy.mjs is not there: run npm run build first');
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-clients-'));
  onInterruption(teardown, say);
  try {
    const found = await toolchains(folder, say);
    skipped = Object.values(found).flatMap((one) => ('missing' in one ? [one.missing] : []));
    if (skipped.length > 0 && (process.env['SALLYPORT_CLIENTS'] === 'all' || process.env['CI']))
      throw new Error(`a language is missing here: ${skipped.join('; ')}`);
    project.provide('toolchains', found);
    project.provide('folder', folder);
  } catch (error) {
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  for (const one of skipped) say(`SKIPPED, NOT PROVED: ${one}`);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
