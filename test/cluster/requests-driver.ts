import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { KubeConfig } from '@kubernetes/client-node';
import type { Answered, Asked } from './requests.ts';

/**
 * Sends what its standard input says, a request of JSON on each line, and prints each answer, until that input ends. A process,
 * because the API server's address leads somewhere only within the cluster's network.
 */
const [kubeconfig = ''] = process.argv.slice(2);

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const options: Record<string, unknown> = {};
await config.applyToHTTPSOptions(options);
const agent = new Agent({ ...options, keepAlive: true, maxSockets: 8 });
const { hostname, port } = new URL(config.getCurrentCluster()?.server ?? '');

function send({ id, path, object }: Asked): void {
  const headers = { 'content-type': 'application/json' };
  const sent = request({ ...options, agent, hostname, port, path, method: 'POST', headers }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    answer.on('end', () => {
      const warnings = answer.rawHeaders.filter(
        (_, i, all) => i % 2 === 1 && all[i - 1]?.toLowerCase() === 'warning',
      );
      say({ id, code: answer.statusCode ?? 0, warnings, text });
    });
  });
  sent.on('error', ({ message }) => say({ id, code: 0, warnings: [], text: message }));
  sent.end(JSON.stringify(object));
}

const say = (answered: Answered): void => void process.stdout.write(`${JSON.stringify(answered)}\n`);

for await (const line of createInterface({ input: process.stdin })) send(JSON.parse(line) as Asked);
