import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import type { Manifest } from './kubectl.ts';
import { fromSecret, pod, serverEntry } from './objects.ts';

/**
 * A steady stream of requests that our webhooks have to answer, as several users and controllers send them, until its
 * standard input ends. Nothing is ever tried twice: what comes of each request is what its sender would have seen. Prints
 * one line when everybody has sent something, and one of JSON at the end.
 */
const [kubeconfig = '', ns = ''] = process.argv.slice(2);

/** Each sends one request after the other, on its own connection, with a pause: some 60 requests a second together. */
const senders = 4;
const pauseMs = 50;

const config = new KubeConfig();
config.loadFromFile(kubeconfig);
const options: Record<string, unknown> = {};
await config.applyToHTTPSOptions(options);
const server = new URL(config.getCurrentCluster()?.server ?? '');

const stop = new AbortController();
process.stdin.on('end', () => stop.abort()).resume();

const busy = new Set<number>();
let steady = false;
const sent: Record<string, number> = {};
const failed: { readonly at: string; readonly what: string; readonly answer: string }[] = [];
/** How long each request took its sender, in milliseconds. */
const took: number[] = [];

/** Of every sidecar that came back in a pod. */
const images = new Set<string>();

/** Resolves to what went wrong, or nothing. */
function send(agent: Agent, method: string, path: string, object?: Manifest): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { hostname, port } = server;
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = { 'content-type': type };
    const call = request({ ...options, agent, hostname, port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => {
        for (const [, image = ''] of text.matchAll(/"image":"([^"]*sallyport-proxy[^"]*)"/g))
          images.add(image);
        const good = answer.statusCode === 200 || answer.statusCode === 201;
        resolve(good ? undefined : `${answer.statusCode} ${text}`);
      });
    });
    call.on('error', (error) => resolve(error.message));
    call.end(object && JSON.stringify(object));
  });
}

const entries = `/apis/toolhive.stacklok.dev/v1beta1/namespaces/${ns}/mcpserverentries`;
const pods = `/api/v1/namespaces/${ns}/pods`;

/** No node will take it, so that it is admitted and stored and costs nothing. */
function waitingPod(name: string): Manifest {
  const made = pod(ns, name, { servers: 'mcpserverentry/asked-for' });
  return { ...made, spec: { ...(made['spec'] as object), nodeSelector: { 'example.com/nowhere': 'true' } } };
}

async function sender(id: number): Promise<void> {
  const agent = new Agent({ ...options, keepAlive: true, maxSockets: 1 });
  const does = async (what: string, ...args: [method: string, path: string, object?: Manifest]) => {
    sent[what] = (sent[what] ?? 0) + 1;
    const at = new Date().toISOString();
    const began = performance.now();
    const answer = await send(agent, ...args);
    took.push(Math.round(performance.now() - began));
    busy.add(id);
    if (busy.size === senders && !steady) console.log('steady');
    steady ||= busy.size === senders;
    if (answer !== undefined) failed.push({ at, what, answer });
    await sleep(pauseMs);
    return answer === undefined;
  };
  for (let i = 0; !stop.signal.aborted; i += 1) {
    const name = `load-${id}-${i}`;
    await does('a labelled pod, dry run', 'POST', `${pods}?dryRun=All`, waitingPod(name));
    // What was refused is not there to be changed or deleted.
    const made = await does(
      'an entry made',
      'POST',
      entries,
      serverEntry(ns, name, fromSecret('token', 'token')),
    );
    const spec = { remoteUrl: `https://${name}.example.com/mcp` };
    if (made) await does('an entry changed', 'PATCH', `${entries}/${name}`, { spec });
    const stored = await does('a labelled pod, stored', 'POST', pods, waitingPod(name));
    if (made) await does('an entry deleted', 'DELETE', `${entries}/${name}`);
    if (stored) await does('a pod deleted', 'DELETE', `${pods}/${name}`);
  }
  agent.destroy();
}

await Promise.all(Array.from({ length: senders }, (_, id) => sender(id)));
console.log(JSON.stringify({ sent, failed, took, images: [...images] }));
