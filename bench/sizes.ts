import { reviewTarget, startBoth } from './admission.ts';
import { closedLoop, percentile } from './load.ts';
import { listReview, podReview } from './reviews.ts';
import { median, table } from './table.ts';

/** How the cost grows with the servers: of one object that is validated, or of one pod that is injected. */
interface Growth {
  readonly title: string;
  readonly path: '/validate' | '/mutate';
  readonly sizes: readonly number[];
  readonly review: (size: number) => string;
}

const validated: Growth = {
  title: '/validate by servers in one object',
  path: '/validate',
  sizes: [1, 10, 100],
  review: listReview,
};
const injected: Growth = {
  title: '/mutate by servers in one pod, each a resource of its own with a header from a Secret',
  path: '/mutate',
  sizes: [1, 5, 20],
  review: podReview,
};

const connections = 8;
const seconds = 2;
const rounds = 3;

interface Measured {
  readonly rate: number;
  readonly failures: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}
interface Pair {
  readonly bare: Measured;
  readonly ours: Measured;
}

export const benchServers = (print: (text: string) => void) => benchGrowth(validated, print);
export const benchInjections = (print: (text: string) => void) => benchGrowth(injected, print);

async function benchGrowth(
  { title, path, sizes, review }: Growth,
  print: (text: string) => void,
): Promise<void> {
  const { bare, ours, stop } = await startBoth();
  const measure = async (port: number, body: string): Promise<Measured> => {
    const {
      requests,
      failures,
      seconds: took,
      latencies,
    } = await closedLoop(reviewTarget(port, body, path), connections, seconds);
    return {
      rate: requests / took,
      failures,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    };
  };
  try {
    const rows: string[][] = [];
    for (const size of sizes) {
      const body = review(size);
      for (const { port } of [bare, ours]) await measure(port, body);
      const pairs: Pair[] = [];
      for (let i = 0; i < rounds; i += 1)
        pairs.push({ bare: await measure(bare.port, body), ours: await measure(ours.port, body) });
      const column = (of: (pair: (typeof pairs)[number]) => number, digits: number) =>
        median(pairs.map(of)).toFixed(digits);
      rows.push([
        String(size),
        `${(Buffer.byteLength(body) / 1000).toFixed(1)} kB`,
        column((pair) => pair.bare.rate, 0),
        column((pair) => pair.ours.rate, 0),
        column((pair) => pair.ours.rate / pair.bare.rate, 2),
        column((pair) => pair.ours.p50, 2),
        column((pair) => pair.ours.p99, 2),
        String(pairs.reduce((sum, pair) => sum + pair.bare.failures + pair.ours.failures, 0)),
      ]);
    }
    print(`${title}, ${connections} connections, ${rounds} pairs of ${seconds} s:\n`);
    const head = ['servers', 'review', 'bare/s', 'ours/s', 'ratio', 'p50 ms', 'p99 ms', 'failures'];
    print(`${table(head, rows)}\n`);
  } finally {
    stop();
  }
}
