import path from 'node:path';
import { repository } from './cache.ts';
import { attempt, type Ran } from './processes.ts';

/** Where a running cluster is: plain data, so that it can be handed to another process. */
export interface ClusterAddress {
  /** What runs kubectl: a program with its first arguments. */
  readonly kubectl: readonly [string, ...string[]];
  /** What other programs are run with so that they reach the API server; nothing where everybody does. */
  readonly inside: readonly string[];
  readonly kubeconfig: string;
  /** Where kubectl keeps what it learned of the cluster; it goes with it. */
  readonly kubectlCache: string;
  /** Where the cluster's own programs write; nowhere we can read when the cluster is not ours. */
  readonly logs: string | undefined;
}

/** Objects as kubectl takes them; tests write only the fields they care about. */
export type Manifest = Readonly<Record<string, unknown>>;

/** The only ones who may open a shell in the proxy: the chart's guard.yaml. */
const breakGlass = ['--as=admin', '--as-group=system:masters', '--as-group=sallyport:break-glass'];

/** kubectl as a person uses it. */
export class Kubectl {
  readonly #address: ClusterAddress;

  constructor(address: ClusterAddress) {
    this.#address = address;
  }

  /** Runs kubectl, whatever comes of it. `more` are environment variables. */
  try(args: readonly string[], input?: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const { kubectl, kubeconfig, kubectlCache } = this.#address;
    const [program, ...first] = kubectl;
    return attempt(program, [...first, ...args], {
      input,
      // Nothing of the caller's own configuration takes part.
      env: { KUBECONFIG: kubeconfig, KUBECTL_KUBERC: 'false', KUBECACHEDIR: kubectlCache, ...more },
    });
  }

  /** The command line of the product as a person uses it, on the built program. */
  sallyport(...args: string[]): Promise<Ran> {
    const { inside, kubeconfig } = this.#address;
    const [program, ...first] = [...inside, process.execPath];
    return attempt(program, [...first, path.join(repository, 'dist/cli.mjs'), ...args], {
      env: { KUBECONFIG: kubeconfig },
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

  tryApply(manifests: readonly Manifest[], ...more: string[]): Promise<Ran> {
    return this.try(['apply', '-f', '-', ...more], list(manifests));
  }

  /** What kubectl prints when an apply must fail. */
  async refused(...manifests: readonly Manifest[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryApply(manifests);
    if (code === 0) throw new Error(`kubectl apply was to be refused, but: ${stdout.trim()}`);
    return stderr;
  }

  /** One object as it is stored. The caller says what it expects it to be. */
  async get<T>(namespace: string, what: string): Promise<T> {
    return JSON.parse(await this.run(['get', '-n', namespace, what, '-o', 'json'])) as T;
  }

  exec(namespace: string, pod: string, container: string, ...command: string[]): Promise<string> {
    const allowed = container === 'sallyport-proxy' ? breakGlass : [];
    return this.run(['exec', '-n', namespace, pod, '-c', container, ...allowed, '--', ...command]);
  }

  wait(namespace: string, what: string, condition: string, seconds = 60): Promise<string> {
    return this.run(['wait', '-n', namespace, what, `--for=${condition}`, `--timeout=${seconds}s`]);
  }
}

/** Separate documents, not a List: kubectl then names each object in its answer. */
const list = (manifests: readonly Manifest[]): string =>
  documents(manifests.map((manifest) => JSON.stringify(manifest)));

/** The first line says that it is YAML: after a first brace kubectl would take all of it for JSON. */
export const documents = (texts: readonly string[]): string => texts.map((text) => `---\n${text}\n`).join('');
