import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configStepEnv, decodeConfigStep } from '../core/contracts/config-step-contract.ts';
import { ContractError } from '../core/contracts/contract-checks.ts';
import { proxyEnv } from '../core/contracts/proxy-contract.ts';
import { copyFolder } from './copy.ts';
import { rewriteFile } from './rewrite.ts';

interface StepProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Copies an operator's configuration with its servers' URLs made the proxy's. Prints one line; gives the exit code. */
export function runConfigStep({ env, stdout, stderr }: StepProcess): number {
  const failed = (problem: string) => {
    stderr(`sallyport config: ${problem}\n`);
    return 1;
  };
  try {
    const text = env[configStepEnv];
    if (text === undefined || text === '') return failed(`${configStepEnv} is not set`);
    const step = decodeConfigStep(text);
    const root = env[proxyEnv.root] ?? '/';
    const [from, to] = [join(root, step.from), join(root, step.to)];
    const rewritten = rewriteFile(readFileSync(join(from, step.file), 'utf8'), step);
    const other = rewritten.mismatches.join('; ');
    if (other !== '' && step.onMismatch === 'exit')
      return failed(`${step.file}: ${other}; its operator replaces this pod after it has applied the change`);
    copyFolder(from, to, new Map([[step.file, rewritten.text]]));
    const done = rewritten.done.length === 0 ? 'no server' : rewritten.done.join(', ');
    const left = other === '' ? '' : `; copied without a change: ${other}`;
    stdout(`sallyport config: ${step.file} calls ${done} through the proxy${left}\n`);
    return 0;
  } catch (error) {
    if (error instanceof ContractError) return failed(error.message.replaceAll(/\s+/g, ' '));
    // Of the file system's own message the code is enough, and a path is no secret.
    if (error instanceof Error && 'code' in error && 'path' in error)
      return failed(`${String(error.path)}: ${String(error.code)}`);
    throw error;
  }
}
