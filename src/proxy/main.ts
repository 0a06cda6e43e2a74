import { runProxy } from './run.ts';

process.exit(
  await runProxy({
    env: process.env,
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    signals: process,
  }),
);
