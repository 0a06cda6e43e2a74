import { spawn } from 'node:child_process';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBoth, webhookLimitMiB } from './admission.ts';
import { entryReview } from './reviews.ts';
import { percentile } from './load.ts';
import { table } from './table.ts';

/**
 * Hostile reviews of 3 MB beside probes: the highest memory of the webhook server (limit 256 Mi), and how long `/healthz`
 * takes meanwhile.
 */
const seconds = 20;
const namespaces = ['team-a', 'team-b', 'team-c'];

export interface Senders {
  readonly port: number;
  /** One client sends one of them, again and again. */
  readonly bodies: readonly string[];
  readonly seconds: number;
}

/** The review of the benchmark, with something in its object. */
function review(namespace: string, more: (spec: Record<string, unknown>) => void): string {
  const body = JSON.parse(entryReview()) as { request: { namespace: string; object: { spec: object } } };
  body.request.namespace = namespace;
  more(body.request.object.spec as Record<string, unknown>);
  return JSON.stringify(body);
}

const many = <T>(count: number, one: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => one(i));
const hostile: Readonly<Record<string, (spec: Record<string, unknown>) => void>> = {
  '60,000 headers': (spec) => {
    const headers = Object.fromEntries(many(60_000, (i) => [`X-Tenant-${i}-${'x'.repeat(25)}`, 'harmless']));
    spec['headerForward'] = { addPlaintextHeaders: headers };
  },
  '200,000 empty objects': (spec) => (spec['extra'] = many(200_000, () => ({ a: {} }))),
  'one text': (spec) => (spec['remoteUrl'] = `https://${'a'.repeat(3_000_000)}`),
  '20,000 Secrets': (spec) => {
    const addHeadersFromSecret = many(20_000, (i) => ({
      headerName: `X-Tenant-${i}`,
      valueSecretRef: { name: `secret-number-${i}`, key: 'token' },
    }));
    spec['headerForward'] = { addHeadersFromSecret };
  },
};

export async function benchLarge(print: (text: string) => void): Promise<void> {
  const rows: string[][] = [];
  for (const [what, more] of Object.entries(hostile)) {
    const { bare, ours, stop } = await startBoth(webhookLimitMiB);
    bare.stop();
    const until = performance.now() + seconds * 1000;
    let [resident, own] = [0, 0];
    const took: number[] = [];
    const bodies = namespaces.map((namespace) => review(namespace, more));
    const probe = async () => {
      while (performance.now() < until) {
        const started = performance.now();
        await ask(ours.port);
        took.push(performance.now() - started);
        resident = Math.max(resident, ours.residentMiB());
        own = Math.max(own, ours.privateMiB());
        await sleep(50);
      }
    };
    const [answered] = await Promise.all([
      send({ port: ours.port, bodies: [...bodies, ...bodies], seconds }),
      probe(),
    ]);
    const limited = ours.limited();
    stop();
    const sorted = Float64Array.from(took).toSorted();
    const milliseconds = [0.5, 0.99, 1].map((part) => `${percentile(sorted, part).toFixed(0)} ms`);
    const size = `${((bodies[0]?.length ?? 0) / 1e6).toFixed(1)} MB`;
    rows.push([
      what,
      size,
      answered,
      `${resident.toFixed(0)} MiB`,
      `${own.toFixed(0)} MiB`,
      limited,
      ...milliseconds,
    ]);
  }
  const head = [
    'What',
    'Size',
    'Reviews',
    'Resident',
    'Private',
    `Limit ${webhookLimitMiB} MiB`,
    '/healthz p50',
    'p99',
    'longest',
  ];
  print(`${2 * namespaces.length} clients for ${seconds} s:\n`);
  print(table(head, rows));
}

function ask(port: number): Promise<void> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/healthz', rejectUnauthorized: false };
    get(options, (res) => res.resume().on('end', resolve)).on('error', () => resolve());
  });
}

/** Starts the senders' program on the core that is not the server's; how many reviews were answered. */
function send(senders: Senders): Promise<string> {
  const program = [process.execPath, '--import', 'tsx', 'bench/large-sender.ts'];
  const child = spawn('taskset', ['-c', '1', ...program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(senders));
  return text(child.stdout);
}
