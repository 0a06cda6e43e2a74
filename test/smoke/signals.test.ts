import type { ChildProcess } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { bash, cli, folder, manyResources, start } from './built-cli.ts';

/** The built command line as a process: signals, and the name it is called by. */

/**
 * Node itself starts in a third of this processor time, and each command needs more than twice as much for the resources,
 * however fast the machine is and whatever else it does.
 */
const secondsUnderway = 1;
/** Of Linux, in `/proc/PID/stat`. */
const ticksPerSecond = 100;

/** Waits until a program has used some processor time. */
async function underway(child: ChildProcess): Promise<void> {
  const used = (): number => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  };
  if (process.platform !== 'linux') return sleep(1000);
  while (child.exitCode === null && used() < secondsUnderway) await sleep(20);
}

// A shell shows the ends of a process by these signals as 130 and 143.
describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it.each(['lint', 'inject', 'why', 'audit'])(
    'ends %s at once, in the middle of its work, without a word',
    async (command) => {
      const { child, ended, out, err } = start([command, manyResources(60_000)]);
      await underway(child);
      expect(child.exitCode).toBeNull();
      child.kill(signal);
      expect(await ended).toEqual({ code: null, signal });
      expect([out(), err()]).toEqual(['', '']);
    },
  );

  it('lets a server end its connections, with exit code 0', async () => {
    const { child, ended, out } = start(['serve', '--cluster', folder(), '--port', '0']);
    while (!out().includes('listening on')) await sleep(50);
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

it('the first signal ends a server gracefully, and the second one at once', async () => {
  const { child, ended, out } = start(['serve', '--cluster', folder(), '--port', '0']);
  while (!out().includes('listening on')) await sleep(50);
  const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(out()) ?? [];
  const { connect } = await import('node:tls');
  // A connection in use keeps the server from ending.
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(
    'POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  await sleep(200);
  child.kill('SIGTERM');
  await sleep(500);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await ended).toEqual({ code: null, signal: 'SIGTERM' });
  socket.destroy();
});

it('through a link named kubectl-sallyport it calls itself kubectl sallyport', async () => {
  const bin = folder();
  symlinkSync(cli, path.join(bin, 'kubectl-sallyport'));
  const { out } = await bash(`${path.join(bin, 'kubectl-sallyport')} lint --help`);
  expect(out).toContain('Usage: kubectl sallyport lint FILES... [options]\n');
});
