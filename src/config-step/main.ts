import { runConfigStep } from './run.ts';

process.exit(
  runConfigStep({
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
  }),
);
