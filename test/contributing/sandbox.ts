import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { repository } from '../cluster/cache.ts';

/** One file of a list in CONTRIBUTING.md, and what a contributor would write there. */
export interface Step {
  readonly file: string;
  /** The new text of the file; `current` is empty if the file does not exist. */
  readonly edit: (current: string) => string;
}

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

const copied =
  'src test docs build manifests package.json vitest.config.ts tsconfig.json .prettierrc CONTRIBUTING.md'.split(
    ' ',
  );

/** A copy of the repository in which steps can be done and unit tests run. */
export class Sandbox {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<Sandbox> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-contributing-'));
    for (const name of copied)
      await cp(path.join(repository, name), path.join(folder, name), { recursive: true });
    await symlink(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
    return new Sandbox(folder);
  }

  async take({ file, edit }: Step): Promise<void> {
    const target = path.join(this.#folder, file);
    const current = await readFile(target, 'utf8').catch(() => '');
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, edit(current));
  }

  /** Takes a step back while `run` runs, whatever was generated since. */
  async without<T>({ file }: Step, run: () => Promise<T>): Promise<T> {
    const target = path.join(this.#folder, file);
    const done = await readFile(target);
    const before = await readFile(path.join(repository, file)).catch(() => undefined);
    await (before === undefined ? rm(target) : writeFile(target, before));
    try {
      return await run();
    } finally {
      await writeFile(target, done);
    }
  }

  /** Runs these unit tests with the sources of the copy. */
  test(files: readonly string[], ...options: readonly string[]): Promise<Outcome> {
    // The variables by which a test knows that vitest runs it would confuse another vitest.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(?:VITEST|NODE_ENV|TEST$|CI$)/.test(name)),
    );
    const program = path.join(repository, 'node_modules/vitest/vitest.mjs');
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [program, 'run', '--project', 'unit', ...files, ...options],
        { cwd: this.#folder, env: { ...env, NO_COLOR: '1' }, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => resolve({ passed: error === null, output: `${stdout}${stderr}` }),
      );
    });
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
