import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ContractError } from '../core/contracts/contract-checks.ts';
import { readCredentials } from './credentials.ts';
import { readSettings, type Env, type Settings } from './settings.ts';
import { describeProblem } from './volume.ts';

export interface CheckResult {
  readonly code: 0 | 1;
  readonly lines: readonly string[];
}

/** kubelet gives the probe 1 s in all; loopback answers in a millisecond or not at all. */
const listenerTimeoutMs = 500;

/** The startup probe: are the credentials there, and does the proxy listen? Each line names what is not. */
export async function checkStartup(env: Env): Promise<CheckResult> {
  let settings: Settings;
  try {
    settings = readSettings(env);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { code: 1, lines: [error.message.replaceAll(/\s+/g, ' ')] };
  }
  const { config, root } = settings;
  const files = config.onMissing === 'wait' ? fileProblems(settings) : [];
  const lines = files.length > 0 ? files : await listenerProblems(config);
  writeTerminationLog(root, lines);
  return { code: lines.length === 0 ? 0 : 1, lines };
}

function fileProblems({ config, root }: Settings): string[] {
  return config.servers.flatMap((server) => {
    const read = readCredentials(server, root);
    return read.kind === 'failed'
      ? read.problems.map((problem) => describeProblem(problem, server.name))
      : [];
  });
}

async function listenerProblems({ servers, forward }: Settings['config']): Promise<string[]> {
  const listeners = [
    ...servers.map(({ name, port }) => ({ port, what: `server ${name}` })),
    ...(forward ? [{ port: forward.port, what: 'forward' }] : []),
  ];
  const checked = listeners.map(async ({ port, what }) =>
    (await accepts(port)) ? [] : [`port ${port} does not respond yet (${what})`],
  );
  return (await Promise.all(checked)).flat();
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(listenerTimeoutMs, () => end(false));
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}

/** kubelet copies this file into the container's status, where `kubectl describe` shows it. */
function writeTerminationLog(root: string, lines: readonly string[]): void {
  try {
    writeFileSync(join(root, 'dev/termination-log'), lines.map((line) => `${line}\n`).join(''));
  } catch {
    // Outside a pod there is none.
  }
}
