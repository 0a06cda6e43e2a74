import { runProxy } from '../proxy/run.ts';
import { defineCommand } from './command.ts';

export const proxy = defineCommand({
  name: 'proxy',
  summary: 'run the in-pod proxy, as its image does',
  group: 'Run in a cluster',
  usage: '',
  description: `
Runs the proxy with the configuration in SALLYPORT_PROXY_CONFIG, which the injector writes into the pod. SALLYPORT_LOG_LEVEL is debug, info,
warn or error. Paths in the configuration are relative to SALLYPORT_ROOT (default: /).`,
  options: {},
  stopsGracefully: true,
  examples: [['sallyport proxy', 'run the proxy of SALLYPORT_PROXY_CONFIG']],
  exit: {
    0: 'stopped by a signal',
    1: 'the configuration is not valid, or a port is in use',
    2: 'the command line is not valid',
  },
  run(_values, terminal) {
    return runProxy({ env: terminal.env, stdout: terminal.out, stderr: terminal.err, signals: process });
  },
});
