#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { runCli } from './commands/index.ts';

const stop = new AbortController();
// Requests side by side all listen to it.
setMaxListeners(0, stop.signal);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** kubectl runs a plugin by the name of its file. */
const programName = (file = ''): string =>
  path.basename(file).startsWith('kubectl-') ? 'kubectl sallyport' : 'sallyport';

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin,
  env: process.env,
  program: programName(process.argv[1]),
  // The build puts it beside this file.
  worker: new URL('./worker.mjs', import.meta.url),
  stop: stop.signal,
});
