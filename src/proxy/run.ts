import { ContractError } from '../core/contracts/contract-checks.ts';
import { proxyEnv } from '../core/contracts/proxy-contract.ts';
import { createLog, isLogLevel } from './log.ts';
import { ListenError, startProxy } from './proxy.ts';
import { readSettings, type Env } from './settings.ts';

export interface ProxyProcess {
  readonly env: Env;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Hears SIGTERM, SIGINT and SIGUSR1: `process` itself, but for tests. */
  readonly signals: Pick<NodeJS.EventEmitter, 'on'>;
}

/** Runs the proxy until a signal ends it; resolves with the exit code. */
export async function runProxy({ env, stdout, stderr, signals }: ProxyProcess): Promise<number> {
  // Node's own answer to this signal is a debugger that every container of the pod could reach.
  signals.on('SIGUSR1', () => {});
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) signals.on(signal, () => resolve(signal));
  });
  const asked = env[proxyEnv.logLevel] ?? 'info';
  const log = createLog(isLogLevel(asked) ? asked : 'info', stdout);
  if (!isLogLevel(asked))
    log.warn(`${proxyEnv.logLevel} is not debug, info, warn or error; info is used`, {});
  try {
    const settings = readSettings(env);
    const proxy = await startProxy({ ...settings, log });
    const signal = await stopped;
    proxy.close();
    log.info('stopped', { signal });
    return 0;
  } catch (error) {
    if (!(error instanceof ContractError) && !(error instanceof ListenError)) throw error;
    stderr(`sallyport proxy: ${error.message.replaceAll(/\s+/g, ' ')}\n`);
    return 1;
  }
}
