import { execFile, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createAuthority, type Authority } from '../certs/issue.ts';
import { applyPatch } from '../core/inject/apply.ts';
import type { Fields } from '../core/k8s/objects.ts';
import { sidecarName } from '../core/inject/sidecar.ts';
import { parseDocuments } from '../files/documents.ts';
import { containerOf, layOutContainer, sourcesAmong } from '../kubelet/container.ts';
import { layOutProxyImage, runStartupProbe, startContainer } from './kubelet.ts';
import { whoAmI } from './mcp-client.ts';
import { startMcpServer, type DemoServer } from './mcp-server.ts';
import {
  agentPod,
  configuration,
  makeCredential,
  namespace,
  resources,
  writeObjects,
  writeSecrets,
  type Credential,
} from './scene.ts';
import { createReview, startWebhook, type Webhook } from './webhook.ts';

/** How long a thing that takes milliseconds may take on a busy machine. */
const patienceMs = 120_000;
const pollMs = 50;
const webhookName = 'validate-mcp-resources.sallyport.dev';

/** The six steps, in order. Each prints what it did; any step that does not come true ends the journey. */
export class Journey {
  readonly #folder: string;
  readonly #bundles: string;
  readonly #print: (text: string) => void;
  readonly #cluster: string;
  readonly #cleanup: (() => void)[] = [];
  #webhook: Webhook | undefined;
  #configFile = '';

  constructor(folder: string, bundles: string, print: (text: string) => void) {
    this.#folder = folder;
    this.#bundles = bundles;
    this.#print = print;
    this.#cluster = path.join(folder, 'cluster');
  }

  async run(): Promise<void> {
    const started = performance.now();
    const authority = await createAuthority('orders-ca');
    const server = await startMcpServer(authority);
    this.#cleanup.push(() => server.close());
    const first = await this.#issueCredential(authority, server, 'agent-1', 'token number 1');
    writeSecrets(this.#cluster, first, authority.certificate);

    await this.#startWebhook();
    await this.#applyResources(server);
    const pod = await this.#injectPod();
    const { proxy, url } = await this.#startProxy(pod);
    await this.#call(url, 'token number 1 and client certificate agent-1');
    await this.#rotate(authority, server, pod, proxy, url);
    this.#say(
      `\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s. No cluster, no container, no restart.\n`,
    );
  }

  /** Lines to copy while everything keeps running. */
  printNext(): void {
    const cli = path.join(path.relative(process.cwd(), this.#bundles) || '.', 'cli.mjs');
    this.#say(`
The webhook server keeps running. To stop it and delete ${this.#folder}, press Ctrl-C. Try:

  node ${cli} lint ${this.#folder}/apply --config ${this.#configFile}
  node ${cli} inject --explain ${this.#cluster} --config ${this.#configFile}
  curl --cacert ${this.#folder}/ca.crt -H 'Content-Type: application/json' \\
       --data @${this.#folder}/apply/inline-credential.review.json ${this.#webhook?.url ?? ''}/validate
`);
  }

  stop(): void {
    for (const clean of this.#cleanup.splice(0).toReversed()) clean();
  }

  #say(text: string): void {
    this.#print(`${text}\n`);
  }

  async #issueCredential(
    authority: Authority,
    server: DemoServer,
    commonName: string,
    label: string,
  ): Promise<Credential> {
    const credential = await makeCredential(authority, commonName);
    server.tokens.set(`Bearer ${credential.token}`, label);
    return credential;
  }

  async #startWebhook(): Promise<void> {
    this.#say('1. The webhook server');
    const from = await freePortRange();
    this.#configFile = writeObjects(this.#folder, 'configuration.yaml', [
      configuration([from, from + portRange - 1]),
    ]);
    this.#webhook = await startWebhook(
      path.join(this.#bundles, 'cli.mjs'),
      this.#folder,
      this.#cluster,
      this.#configFile,
    );
    const { process: child, url } = this.#webhook;
    this.#cleanup.push(() => child.kill());
    this.#say(
      `   serves ${url} with a certificate it made itself; its cluster is the folder ${this.#cluster}`,
    );
    this.#say(
      '   the configuration exempts mcpserverentries/orders from MCP405: its server really is at 127.0.0.1 here',
    );
  }

  async #applyResources(server: DemoServer): Promise<void> {
    this.#say('\n2. Three custom resources, as `kubectl apply` would send them');
    const outcomes: Record<string, boolean> = {};
    for (const [file, object] of Object.entries(resources(server.url))) {
      const review = createReview(object, 'mcpserverentries');
      writeObjects(path.join(this.#folder, 'apply'), file, [object]);
      writeFileSync(
        path.join(this.#folder, 'apply', file.replace('.yaml', '.review.json')),
        JSON.stringify(review),
        { mode: 0o600 },
      );
      const answer = await this.#send('validate', review);
      outcomes[file] = answer.allowed;
      this.#say(`   $ kubectl apply -f ${file}`);
      for (const warning of answer.warnings ?? []) this.#say(`   Warning: ${warning}`);
      if (answer.allowed) {
        this.#say(`   mcpserverentry.toolhive.stacklok.dev/${object.metadata.name} created\n`);
        writeObjects(this.#cluster, file, [object]);
      } else {
        const { reason = '', message = '' } = answer.status ?? {};
        this.#say(
          indent(
            `Error from server (${reason}): error when creating "${file}": admission webhook "${webhookName}" denied the request: ${message}\n`,
          ),
        );
      }
    }
    expect(outcomes['missing-secret.yaml'] === false, 'the missing Secret was not noticed');
    expect(outcomes['inline-credential.yaml'] === false, 'the inline credential was not noticed');
    expect(outcomes['orders.yaml'] === true, 'the good resource was denied');
  }

  async #injectPod(): Promise<Fields> {
    this.#say('3. A pod with the label sallyport.dev/inject: "true"');
    const podFile = writeObjects(this.#cluster, 'agent-pod.yaml', [agentPod]);
    const answer = await this.#send('mutate', createReview(agentPod, 'pods'));
    expect(answer.patch !== undefined, `the pod got no patch: ${answer.status?.message ?? ''}`);
    const operations: unknown = JSON.parse(Buffer.from(answer.patch ?? '', 'base64').toString());
    const pod = applyPatch(agentPod, operations);
    const cli = path.join(this.#bundles, 'cli.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [
      cli,
      'inject',
      '--explain',
      this.#cluster,
      '--config',
      this.#configFile,
    ]);
    this.#say(
      `   the patch has ${(operations as unknown[]).length} operations, all of them "add"; in words:`,
    );
    this.#say(indent(stdout.replace(podFile, path.basename(podFile)).trimEnd()));
    return pod;
  }

  async #startProxy(pod: Fields): Promise<{ proxy: ChildProcess; url: string }> {
    this.#say("\n4. The pod's volumes on disk, and the proxy from the pod's own command and env");
    const root = path.join(this.#folder, 'sallyport-proxy');
    mkdirSync(root);
    layOutProxyImage(root, this.#bundles);
    const folders = layOutContainer(pod, sidecarName, root, this.#sources());
    layOutContainer(pod, 'agent', path.join(this.#folder, 'agent'), this.#sources());
    for (const folder of folders)
      this.#say(
        `   ${path.relative(this.#folder, folder)}/..data -> a timestamped folder, as kubelet does it`,
      );

    const container = containerOf(pod, sidecarName);
    const proxy = startContainer(container, root, () => undefined);
    this.#cleanup.push(() => proxy.kill());
    const probe = await until(
      'the startup probe passes',
      () => Promise.resolve(runStartupProbe(container, root)),
      ({ passed }) => passed,
    );
    this.#say(
      `   proxy running as process ${String(proxy.pid)}; its startup probe passes${probe.output === '' ? '' : `: ${probe.output}`}`,
    );
    const mcpJson = readFileSync(path.join(this.#folder, 'agent', 'var/run/sallyport/mcp.json'), 'utf8');
    this.#say(`   the agent's own mcp.json: ${mcpJson}`);
    const { mcpServers } = JSON.parse(mcpJson) as { mcpServers: Record<string, { url: string }> };
    return { proxy, url: mcpServers['orders']?.url ?? '' };
  }

  async #call(url: string, expected: string): Promise<void> {
    this.#say(
      '\n5. A real MCP client calls that URL; a real MCP server demands a token and a client certificate',
    );
    const answer = await whoAmI(url);
    expect(answer === expected, `the server saw ${answer}`);
    this.#say(`   the server saw ${answer}`);
  }

  async #rotate(
    authority: Authority,
    server: DemoServer,
    pod: Fields,
    proxy: ChildProcess,
    url: string,
  ): Promise<void> {
    this.#say('\n6. The Secrets are rotated');
    const second = await this.#issueCredential(authority, server, 'agent-2', 'token number 2');
    writeSecrets(this.#cluster, second, authority.certificate);
    layOutContainer(pod, sidecarName, path.join(this.#folder, 'sallyport-proxy'), this.#sources());
    const rotated = performance.now();
    const expected = 'token number 2 and client certificate agent-2';
    const answer = await until(
      'a call uses the new credentials',
      () => whoAmI(url),
      (seen) => seen === expected,
    );
    expect(proxy.exitCode === null, 'the proxy restarted');
    this.#say(
      `   ${Math.round(performance.now() - rotated)} ms after ..data moved, the server saw ${answer}; still process ${String(proxy.pid)}`,
    );
  }

  #sources() {
    const file = path.join(this.#cluster, 'secrets.yaml');
    const { documents } = parseDocuments(readFileSync(file, 'utf8'), file);
    return sourcesAmong(
      documents.map(({ object }) => object),
      namespace,
    );
  }

  #send(...[route, review]: Parameters<Webhook['send']>) {
    if (!this.#webhook) throw new Error('the webhook server is not running');
    return this.#webhook.send(route, review);
  }
}

function expect(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

async function until<T>(what: string, attempt: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const value = await attempt();
    if (done(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`it did not happen that ${what}: ${JSON.stringify(value)}`);
    await sleep(pollMs);
  }
}

/** One for the admin listener, one for the server, some to choose from. */
const portRange = 10;
const lowestPort = 20_000;
const highestPort = 30_000;

/** Ports nobody on this machine uses, so that two demos can run side by side. */
async function freePortRange(): Promise<number> {
  for (;;) {
    const from =
      lowestPort + Math.floor((Math.random() * (highestPort - lowestPort)) / portRange) * portRange;
    const free = await Promise.all(Array.from({ length: portRange }, (_, i) => isFree(from + i)));
    if (free.every(Boolean)) return from;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '   ');
