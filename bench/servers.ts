import { reviewTarget, startBoth } from './admission.ts';
import { closedLoop, percentile } from './load.ts';
import { listReview } from './reviews.ts';
import { median, table } from './table.ts';

/** How the cost grows with the servers of one object: it must be linear. */
const sizes = [1, 10, 100];
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

export async function benchServers(print: (text: string) => void): Promise<void> {
  const { bare, ours, stop } = await startBoth();
  const measure = async (port: number, body: string): Promise<Measured> => {
    const {
      requests,
      failures,
      seconds: took,
      latencies,
    } = await closedLoop(reviewTarget(port, body), connections, seconds);
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
      const body = listReview(size);
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
    print(
      `/validate by servers in one object, ${connections} connections, ${rounds} pairs of ${seconds} s:\n`,
    );
    const head = ['servers', 'review', 'bare/s', 'ours/s', 'ratio', 'p50 ms', 'p99 ms', 'failures'];
    print(`${table(head, rows)}\n`);
  } finally {
    stop();
  }
}
