import { createInterface } from 'node:readline';

/** How every server and client here talks with the tests: one JSON object a line, out and in. */
export function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The test's end of standard input is the end of this process, so that nothing outlives a test that was killed. */
export function onLine(handle: (line: Record<string, unknown>) => void): void {
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => handle(JSON.parse(line) as Record<string, unknown>));
  input.on('close', () => process.exit(0));
}
