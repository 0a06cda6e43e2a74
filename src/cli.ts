#!/usr/bin/env node
import path from 'node:path';
import { runCli } from './commands/index.ts';
import { endOnBrokenPipe, reportInternalErrors, stopping } from './terminal/process.ts';

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** kubectl runs a plugin by the name of its file. */
const programName = (file = ''): string =>
  path.basename(file).startsWith('kubectl-') ? 'kubectl sallyport' : 'sallyport';

/** A terminal that does not know its width, such as one that `script` makes, says 0. */
const usualColumns = 80;
const columnsOf = ({ isTTY, columns }: NodeJS.WriteStream): number | undefined =>
  isTTY ? columns || usualColumns : undefined;

const exit = (code: number) => process.exit(code);
const debug = process.argv.includes('--debug') || (process.env['SALLYPORT_DEBUG'] ?? '') !== '';

endOnBrokenPipe(exit);
reportInternalErrors(debug, exit);

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin,
  env: process.env,
  program: programName(process.argv[1]),
  now: () => performance.now(),
  columns: { out: columnsOf(process.stdout), err: columnsOf(process.stderr) },
  // The build puts it beside this file.
  worker: new URL('./worker.mjs', import.meta.url),
  ...stopping(exit),
});
