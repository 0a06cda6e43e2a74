import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Journey } from './journey.ts';

/**
 * `npm start`: the whole journey on one machine, with real parts and no cluster. `--once` ends after the last step.
 */
const usage = 'usage: npm start, or npm start -- --once to end after the last step\n';
const [option, ...more] = process.argv.slice(2);
if (option !== undefined && (option !== '--once' || more.length > 0)) {
  const help = option === '--help' || option === '-h';
  (help ? process.stdout : process.stderr).write(usage);
  process.exit(help ? 0 : 2);
}
const once = option === '--once';
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
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => leave(0));
// The reader of a pipe, such as head, has what it wanted. 141 is what a program has that SIGPIPE ends.
process.stdout.once('error', () => leave(141));

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
