import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { requireBanner, shared, texts } from '../build/bundle-options.ts';
import { entryReview, ghToken, listReview, mostServers, podReview, serverEntry } from './reviews.ts';
import { table } from './table.ts';

/** What judging a review costs beside parsing it, without HTTP, TLS and the API server: one process for each case. */
const cases: readonly (readonly [string, string])[] = [
  ['MCPServerEntry, one Secret', entryReview()],
  ['AgentConfig, 1 server', listReview(1)],
  ['AgentConfig, 10 servers', listReview(10)],
  ['AgentConfig, 100 servers', listReview(100)],
  ['labelled pod, 1 server', podReview(1)],
  ['labelled pod, 20 servers', podReview(mostServers)],
];

interface Measured {
  readonly review: number;
  readonly parse: number;
  readonly ratio: number;
}

export async function benchReview(print: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
  try {
    await build({
      ...shared,
      entryPoints: { loop: 'bench/review-loop.ts' },
      outdir: folder,
      banner: { js: requireBanner },
      plugins: [texts],
      logLevel: 'error',
    });
    const [objects, review] = [path.join(folder, 'objects.json'), path.join(folder, 'review.json')];
    const known = [ghToken, ...Array.from({ length: mostServers }, (_, i) => serverEntry(i))];
    writeFileSync(objects, JSON.stringify(known));
    const rows = cases.map(([name, text]) => {
      writeFileSync(review, text);
      const args = [path.join(folder, 'loop.mjs'), review, objects];
      const took = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Measured;
      return [
        name,
        `${(Buffer.byteLength(text) / 1000).toFixed(1)} kB`,
        `${took.parse.toFixed(0)} us`,
        `${took.review.toFixed(0)} us`,
        took.ratio.toFixed(1),
      ];
    });
    print('judging a review beside JSON.parse of it, processor time, median of 9 turns each:\n');
    print(`${table(['Review', 'Size', 'JSON.parse', 'Judging', 'Ratio'], rows)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
