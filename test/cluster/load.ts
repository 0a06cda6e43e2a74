import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ClusterAddress } from './kubectl.ts';

/** What came of a stream of admissions. */
export interface Outcome {
  readonly sent: Readonly<Record<string, number>>;
  /** Every request that was not answered as it should be, with what its sender saw. */
  readonly failed: readonly { readonly at: string; readonly what: string; readonly answer: string }[];
  /** What each request took its sender, in milliseconds. */
  readonly took: readonly number[];
  /** Of the proxies that were injected. */
  readonly images: readonly string[];
}

const driver = fileURLToPath(new URL('load-driver.ts', import.meta.url));

/** Sends a steady stream of admissions into a namespace while something happens. */
export async function underLoad(
  { inside, kubeconfig }: ClusterAddress,
  namespace: string,
  action: () => Promise<unknown>,
): Promise<Outcome> {
  const [program, ...first] = [...inside, process.execPath];
  const args = [...first, '--import', 'tsx', driver, kubeconfig, namespace];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const steady = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve();
    });
  });
  try {
    await Promise.race([steady, ended]);
    await action();
  } finally {
    child.stdin.end();
    await ended;
  }
  return JSON.parse(out.slice(out.indexOf('\n'))) as Outcome;
}
