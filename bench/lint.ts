import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeCorpus } from './lint-corpus.ts';
import { median, table } from './table.ts';

const counts = [2_000, 20_000, 60_000];
const rounds = 3;

interface Used {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMiB: number;
}

/** What `sallyport lint` takes of processor and memory for many files, and for one file with as many documents. */
export async function benchLint(print: (text: string) => void): Promise<void> {
  const rows: string[][] = [];
  for (const count of counts) {
    const root = mkdtempSync(path.join(tmpdir(), 'sallyport-bench-'));
    try {
      const { folder, file, bytes } = writeCorpus(root, count);
      for (const [name, input] of [
        [`${count} files`, folder],
        [`one file of ${count} documents`, file],
      ] as const) {
        const runs: Used[] = [];
        for (let i = 0; i < rounds; i += 1) runs.push(await measure(['dist/cli.mjs', 'lint', input]));
        const middle = (of: (used: Used) => number, digits: number) => median(runs.map(of)).toFixed(digits);
        rows.push([
          name,
          `${(bytes / 1e6).toFixed(1)} MB`,
          middle((used) => used.cpuSeconds, 1),
          middle((used) => used.wallSeconds, 1),
          middle((used) => used.peakMiB, 0),
        ]);
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  print(`sallyport lint, median of ${rounds} runs:\n`);
  print(`${table(['input', 'size', 'CPU s', 'wall s', 'peak MiB'], rows)}\n`);
}

/** One run, with the child's own count of what it used. */
function measure(command: readonly string[]): Promise<Used> {
  const report = `process.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    require('node:fs').writeSync(3, JSON.stringify([userCPUTime + systemCPUTime, maxRSS])); });`;
  const preload = `data:text/javascript,${encodeURIComponent(`import { createRequire } from 'node:module'; const require = createRequire('/'); ${report}`)}`;
  const begin = performance.now();
  const child = spawn(process.execPath, ['--import', preload, ...command], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  let text = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      const [microseconds = Number.NaN, kibibytes = Number.NaN] = JSON.parse(text) as number[];
      resolve({
        cpuSeconds: microseconds / 1e6,
        wallSeconds: (performance.now() - begin) / 1000,
        peakMiB: kibibytes / 1024,
      });
    });
  });
}
