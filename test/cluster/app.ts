import { createHash } from 'node:crypto';
import { urlVariable } from '../../src/core/names.ts';
import type { Kubectl } from './kubectl.ts';

/** What the upstream says of a call: digests, never what it was sent. */
export interface Answer {
  readonly path: string;
  readonly credential: string | null;
  /** Of each header whose name begins with `x-`, by its lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The common name of the client certificate. */
  readonly client: string | null;
}

/** As the upstream makes them. */
export const digest = (value: string): string =>
  createHash('sha256').update(value).digest('hex').slice(0, 16);

interface Statuses {
  readonly status: Readonly<
    Record<'initContainerStatuses' | 'containerStatuses', readonly { readonly restartCount: number }[]>
  >;
}

/** A labelled pod, from the inside of its containers. */
export class App {
  readonly #kubectl: Kubectl;
  readonly #namespace: string;
  readonly #pod: string;

  constructor(kubectl: Kubectl, namespace: string, pod: string) {
    this.#kubectl = kubectl;
    this.#namespace = namespace;
    this.#pod = pod;
  }

  /** Runs a script where the agent runs. */
  sh(script: string): Promise<string> {
    return this.#kubectl.exec(this.#namespace, this.#pod, 'app', 'sh', '-c', script);
  }

  /** What an expression gives beside it. The sidecar has no shell: node is its only program. */
  proxy(expression: string): Promise<string> {
    return this.#kubectl.exec(this.#namespace, this.#pod, 'sallyport-proxy', 'node', '-p', expression);
  }

  async call(server: string): Promise<Answer> {
    return JSON.parse(await this.sh(callOf(server))) as Answer;
  }

  /** The whole answer, with its status line and headers, which the shell's own client keeps to itself. */
  raw(server: string): Promise<string> {
    return this.sh(`
      url=\${${urlVariable(server)}#http://} host=\${url%%/*}
      request="GET /\${url#*/} HTTP/1.1\\r\\nHost: $host\\r\\nConnection: close\\r\\n\\r\\n"
      # Who closes its sending side counts as gone.
      { printf "$request"; sleep 1; } | nc \${host%:*} \${host#*:}`);
  }

  /** The kubelet looks at a pod again when it changes; otherwise it takes its time. */
  async lookAgain(): Promise<void> {
    const note = `example.com/look-again=${Date.now()}`;
    await this.#kubectl.run(['annotate', '--overwrite', '-n', this.#namespace, 'pod', this.#pod, note]);
  }

  /** Of every container that keeps running, the sidecar first. */
  async restarts(): Promise<readonly number[]> {
    const { status } = await this.#kubectl.get<Statuses>(this.#namespace, `pod/${this.#pod}`);
    return [...status.initContainerStatuses, ...status.containerStatuses].map((one) => one.restartCount);
  }
}

/** The agent's own way to call a server, for a shell. */
export const callOf = (server: string): string => `wget -qO- "$${urlVariable(server)}"`;

/** There is no DNS: the address a Service has, and keeps. */
export const clusterIp = (kubectl: Kubectl, namespace: string): Promise<string> =>
  kubectl.run(['get', '-n', namespace, 'service', 'upstream', '-o', 'jsonpath={.spec.clusterIP}']);
