import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Journey } from './journey.ts';

/**
 * `npm start`: the whole journey on one machine, with real parts and no cluster. `--once` ends after the last step.
 */
const once = process.argv.slice(2).includes('--once');
const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-'));
const journey = new Journey(
  folder,
  path.dirname(fileURLToPath(import.meta.url)),
  (text) => void process.stdout.write(text),
);

function leave(code: number): void {
  journey.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leave(0));

try {
  await journey.run();
  if (once) leave(0);
  journey.printNext();
} catch (error) {
  process.stderr.write(
    `\nThe journey ended early: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  leave(1);
}
