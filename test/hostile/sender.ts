import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { HostileRequest } from './objects.ts';

/**
 * Posts the requests of a file to the API server, so many senders side by side, each as often as it is asked for, in a
 * dry run: admission does all of its work, and nothing is stored. Prints what came of each as JSON.
 */
const [kubeconfig = '', file = '', senders = '1', rounds = '1'] = process.argv.slice(2);

/** What the API server said to one request. */
export interface Answer {
  readonly title: string;
  readonly code: number;
  /** Its beginning: enough to tell who refused it. */
  readonly text: string;
  readonly bytes: number;
  readonly ms: number;
}

/** Enough to see who said it and why. */
const shownCharacters = 600;

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const options: Record<string, unknown> = {};
await config.applyToHTTPSOptions(options);
const { hostname, port } = new URL(config.getCurrentCluster()?.server ?? '');
const requests = JSON.parse(readFileSync(file, 'utf8')) as readonly HostileRequest[];

function send(agent: Agent, { title, path, body }: HostileRequest): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const ended = (code: number, text: string) =>
      resolve({
        title,
        code,
        text: text.slice(0, shownCharacters),
        bytes: text.length,
        ms: Math.round(performance.now() - began),
      });
    const target = { hostname, port, path: `${path}?dryRun=All`, method: 'POST', headers };
    const call = request({ ...options, agent, ...target }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => ended(answer.statusCode ?? 0, text));
    });
    call.on('error', (error) => ended(0, error.message));
    call.end(body);
  });
}

const answers: Answer[] = [];
const queue = Array.from({ length: Number(rounds) }, () => requests).flat();
async function sender(): Promise<void> {
  const agent = new Agent({ ...options, keepAlive: true, maxSockets: 1 });
  for (let next = queue.shift(); next !== undefined; next = queue.shift())
    answers.push(await send(agent, next));
  agent.destroy();
}
await Promise.all(Array.from({ length: Number(senders) }, sender));
console.log(JSON.stringify(answers));
