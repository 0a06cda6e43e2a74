import { runProxy } from '../proxy/run.ts';
import { parseArguments, UsageError, type Command } from './command.ts';

export const proxy: Command = {
  name: 'proxy',
  summary: 'run the in-pod proxy, as its image does',
  help: `sallyport proxy

Runs the proxy from SALLYPORT_PROXY_CONFIG, as the injector wrote it into the pod. SALLYPORT_LOG_LEVEL is debug,
info, warn or error; every path in the configuration resolves against SALLYPORT_ROOT (default: /).

Exit: 0 stopped by a signal, 1 the configuration is not valid or a port is taken.
`,
  run(args, terminal) {
    const { positionals } = parseArguments(args, {});
    if (positionals.length > 0)
      throw new UsageError(`proxy takes no file, but got ${JSON.stringify(positionals[0])}`);
    return runProxy({ env: terminal.env, stdout: terminal.out, stderr: terminal.err, signals: process });
  },
};
