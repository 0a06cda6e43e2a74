import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { describedKinds } from '../../src/core/kinds/index.ts';
import type { KubernetesObject } from '../../src/files/documents.ts';
import type { ClusterAddress } from './kubectl.ts';

/** A request to create something. */
export interface Asked {
  readonly id: number;
  readonly path: string;
  readonly object: unknown;
}

export interface Answered {
  readonly id: number;
  readonly code: number;
  /** The headers of that name, as RFC 7234 writes them. */
  readonly warnings: readonly string[];
  readonly text: string;
}

const driver = fileURLToPath(new URL('requests-driver.ts', import.meta.url));

/** Creates objects without a process for each, which takes kubectl longer than the API server. Their kinds are described. */
export class Requests {
  readonly #child;
  readonly #waiting = new Map<number, (answered: Answered) => void>();
  #sent = 0;

  constructor({ inside, kubeconfig }: ClusterAddress) {
    const [program, ...first] = [...inside, process.execPath];
    this.#child = spawn(program, [...first, '--import', 'tsx', driver, kubeconfig], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const answered = JSON.parse(line) as Answered;
      this.#waiting.get(answered.id)?.(answered);
      this.#waiting.delete(answered.id);
    });
    this.#child.once('close', (code) => {
      const text = `the program that sends requests ended with ${code}`;
      for (const [id, resolve] of this.#waiting) resolve({ id, code: 0, warnings: [], text });
    });
  }

  /** What `kubectl create --validate=false` prints when it fails, and the warnings. */
  async create(object: KubernetesObject, { dryRun }: { readonly dryRun: boolean }): Promise<string> {
    const id = (this.#sent += 1);
    const query = `fieldValidation=Ignore&fieldManager=kubectl-create${dryRun ? '&dryRun=All' : ''}`;
    const { code, warnings, text } = await new Promise<Answered>((resolve) => {
      this.#waiting.set(id, resolve);
      const asked: Asked = { id, path: `${pathOf(object)}?${query}`, object };
      this.#child.stdin.write(`${JSON.stringify(asked)}\n`);
    });
    const lines = warnings.map((one) => `Warning: ${textOf(one)}`);
    if (code === 201) return lines.join('\n');
    const { reason, message } = statusIn(text);
    return [...lines, `Error from server (${reason}): error when creating "STDIN": ${message}`].join('\n');
  }

  end(): void {
    this.#child.stdin.end();
  }
}

/** `299 - "text"`, in which a quote and a backslash are escaped. */
const textOf = (warning: string): string =>
  (/^299 - "([^]*)"$/.exec(warning)?.[1] ?? warning).replaceAll(/\\(.)/g, '$1');

function statusIn(text: string): { readonly reason: string; readonly message: string } {
  try {
    const { reason = '', message = text } = JSON.parse(text) as { reason?: string; message?: string };
    return { reason, message };
  } catch {
    return { reason: 'unreadable', message: text };
  }
}

const described = new Map(describedKinds().map((one) => [`${one.kind} ${one.group}`, one]));

function pathOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const { group, version } = splitApiVersion(apiVersion);
  const found = described.get(`${kind} ${group}`);
  if (!found) throw new Error(`${kind} of ${apiVersion} is not described`);
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = found.scope === 'Cluster' ? '' : `/namespaces/${String(metadata?.namespace)}`;
  return `${root}${within}/${found.plural}`;
}
