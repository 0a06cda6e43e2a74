import path from 'node:path';
import { inside } from './network.ts';
import { attempt, type Ran } from './processes.ts';

/** Where a running cluster is: plain data, so that it can be handed to another process. */
export interface ClusterAddress {
  readonly namespace: string;
  readonly binary: string;
  readonly kubeconfig: string;
  /** Where its logs and files are while it runs. */
  readonly folder: string;
}

/** Objects as kubectl takes them; tests write only the fields they care about. */
export type Manifest = Readonly<Record<string, unknown>>;

/** kubectl as a person uses it, inside the cluster's network. */
export class Kubectl {
  readonly #address: ClusterAddress;

  constructor(address: ClusterAddress) {
    this.#address = address;
  }

  /** Runs kubectl, whatever comes of it. */
  try(args: readonly string[], input?: string): Promise<Ran> {
    const { namespace, binary, kubeconfig, folder } = this.#address;
    return attempt(...inside(namespace, [binary, 'kubectl', ...args]), {
      input,
      // Nothing of the caller's own configuration takes part, and what is cached of this cluster goes with it.
      env: {
        KUBECONFIG: kubeconfig,
        KUBECTL_KUBERC: 'false',
        KUBECACHEDIR: path.join(folder, 'kubectl-cache'),
      },
    });
  }

  /** Runs kubectl, which must succeed, and gives what it printed. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  apply(...manifests: readonly Manifest[]): Promise<string> {
    return this.run(['apply', '-f', '-'], list(manifests));
  }

  /** What kubectl prints when an apply must fail. */
  async refused(...manifests: readonly Manifest[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(['apply', '-f', '-'], list(manifests));
    if (code === 0) throw new Error(`kubectl apply was to be refused, but: ${stdout.trim()}`);
    return stderr;
  }

  /** One object as it is stored. The caller says what it expects it to be. */
  async get<T>(namespace: string, what: string): Promise<T> {
    return JSON.parse(await this.run(['get', '-n', namespace, what, '-o', 'json'])) as T;
  }

  exec(namespace: string, pod: string, container: string, ...command: string[]): Promise<string> {
    return this.run(['exec', '-n', namespace, pod, '-c', container, '--', ...command]);
  }

  wait(namespace: string, what: string, condition: string, seconds = 60): Promise<string> {
    return this.run(['wait', '-n', namespace, what, `--for=${condition}`, `--timeout=${seconds}s`]);
  }
}

/** Separate documents, not a List: kubectl then names each object in its answer. */
const list = (manifests: readonly Manifest[]): string =>
  manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n');
