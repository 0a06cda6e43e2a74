import path from 'node:path';
import { installedInAnnotation } from '../../src/core/annotations.ts';
import { lastApplied } from '../../src/core/kinds/records/elsewhere.ts';
import { defaultProxyImage } from '../../src/core/version.ts';
import { repository } from './cache.ts';
import { definitions, type Module } from './definitions.ts';
import { documents, type Kubectl } from './kubectl.ts';
import { serverEntry, testNamespacePrefix } from './objects.ts';
import { until } from './processes.ts';

export const system = 'sallyport-system';
export const replicaLabel = 'app.kubernetes.io/name=sallyport';
export const base = path.join(repository, 'manifests/base');
export const sallyportManifest = path.join(base, 'sallyport.yaml');
export const webhooksManifest = path.join(base, 'webhooks.yaml');
export const webhookConfigurations = 'validatingwebhookconfigurations,mutatingwebhookconfigurations';

/** The CRDs that are not there yet, those of `programs` in their own release, then the manifests as they are. */
export async function installSallyport(
  kubectl: Kubectl,
  say: (line: string) => void,
  programs: readonly Module[] = [],
): Promise<void> {
  await applyDefinitions(kubectl, say, programs);
  await kubectl.run(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']);
  // As the documentation says it, so that the order is tried too.
  await kubectl.run(['apply', '-k', base]);
  // Ready means that it wrote its CA bundle and path, so that the API server can call it.
  await kubectl.wait(system, 'deployment/sallyport', 'condition=Available', 180);
  await webhooksAnswer(kubectl);
}

/** Of each definition the newest release that this API server accepts. */
async function applyDefinitions(
  kubectl: Kubectl,
  say: (line: string) => void,
  programs: readonly Module[],
): Promise<void> {
  const all = await definitions(say, programs);
  const releases = Math.max(...all.map(({ texts }) => texts.length));
  for (let i = 0; i < releases; i++) {
    const there = await definitionNames(kubectl);
    const missing = all.filter(({ name }) => !there.has(name)).flatMap(({ texts }) => texts.slice(i, i + 1));
    if (missing.length === 0) continue;
    // On the server's side, because the largest do not fit into the annotation that kubectl would write.
    const { code, stderr } = await kubectl.try(['apply', '--server-side', '-f', '-'], documents(missing));
    if (code !== 0) say(`REFUSED definitions: ${stderr.trim()}`);
  }
  const there = await definitionNames(kubectl);
  const refused = all.filter(({ name }) => !there.has(name));
  if (refused.length > 0)
    throw new Error(`no release of ${refused.map(({ name }) => name).join(', ')} was accepted`);
}

/** Takes away what the tests made, whether or not they came to make it: the webhooks first, so that nothing is refused. */
export async function uninstallSallyport(kubectl: Kubectl, keep: ReadonlySet<string>): Promise<void> {
  const remove = (...what: string[]) => kubectl.run(['delete', '--ignore-not-found', ...what]);
  await remove('-f', webhooksManifest);
  const namespaces = await kubectl.run(['get', 'namespaces', '-o', 'name']);
  const made = namespaces.split('\n').filter((name) => name.startsWith(`namespace/${testNamespacePrefix}`));
  if (made.length > 0) await remove(...made);
  await remove('-k', base);
  const names = (await definitions(() => undefined))
    .map(({ name }) => name)
    .filter((name) => !keep.has(name));
  if (names.length > 0) await remove('crd', ...names);
}

export async function definitionNames(kubectl: Kubectl): Promise<ReadonlySet<string>> {
  const names = await kubectl.run(['get', 'crd', '-o', 'name']);
  return new Set(names.split('\n').map((name) => name.slice(name.indexOf('/') + 1)));
}

/** The API server reads its webhooks a moment after they are stored: asks, without storing, until one is refused. */
export async function webhooksAnswer(kubectl: Kubectl): Promise<void> {
  const meta = { name: 'is-anybody-there', namespace: 'default' };
  const resource = serverEntry(meta.namespace, meta.name, {}, 'https://');
  const labels = { 'sallyport.dev/inject': 'true' };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...meta, labels },
    spec: { containers: [{ name: 'app', image: 'app:test' }] },
  };
  await until('both webhooks to answer', 30, async () => {
    for (const [manifest, code] of [
      [resource, 'MCP404'],
      [pod, 'MCP506'],
    ] as const) {
      const { stderr } = await kubectl.try(
        ['create', '--dry-run=server', '-f', '-'],
        JSON.stringify(manifest),
      );
      if (!stderr.includes(code)) throw new Error(stderr.trim() || 'let through');
    }
    return true;
  });
}

interface Replica {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status: { readonly podIP?: string };
}

/** The pods of the webhook server, also those that are on their way out. */
export async function replicas(kubectl: Kubectl): Promise<readonly Replica[]> {
  const text = await kubectl.run(['get', '-n', system, 'pods', '-l', replicaLabel, '-o', 'json']);
  return (JSON.parse(text) as { readonly items: readonly Replica[] }).items;
}

/** Gives the installation another configuration, and waits until every replica follows it. */
export async function configured(kubectl: Kubectl, settings: object): Promise<void> {
  const given = settings as { readonly inject?: object };
  const configuration = {
    apiVersion: 'sallyport.dev/v1',
    kind: 'Configuration',
    ...given,
    inject: { image: defaultProxyImage, ...given.inject },
  };
  // JSON is YAML.
  const data = { 'config.yaml': JSON.stringify(configuration) };
  const before = new Map<string, number>();
  for (const { metadata } of await replicas(kubectl))
    before.set(metadata.name, await generationOf(kubectl, metadata.name));
  const patched = await kubectl.run([
    'patch',
    '-n',
    system,
    'configmap/sallyport',
    '--type=merge',
    '-p',
    JSON.stringify({ data }),
  ]);
  if (patched.includes('(no change)')) return webhooksAnswer(kubectl);
  // Otherwise the kubelet brings it to them in its own time.
  const note = `example.com/look-again=${Date.now()}`;
  await kubectl.run(['annotate', '--overwrite', '-n', system, 'pods', '-l', replicaLabel, note]);
  for (const [name, generation] of before)
    await until(`${name} to follow its configuration`, 90, async () => {
      const now = await generationOf(kubectl, name);
      return now > generation || now === gone || undefined;
    });
  await webhooksAnswer(kubectl);
}

/** Of a replica that nobody waits for. */
const gone = Infinity;

/** Which configuration a replica has, counted from its start. */
async function generationOf(kubectl: Kubectl, replica: string): Promise<number> {
  const at = `/api/v1/namespaces/${system}/pods/https:${replica}:8443/proxy/metrics`;
  const { code, stdout, stderr } = await kubectl.try(['get', '--raw', at]);
  if (code !== 0 && stderr.includes('NotFound')) return gone;
  const found = /^sallyport_configuration_generation (\d+)$/m.exec(stdout);
  if (!found) throw new Error(`${replica} does not say which configuration it has: ${stderr.trim()}`);
  return Number(found[1]);
}

interface Stored {
  readonly metadata: { readonly name: string; readonly labels?: object; readonly annotations?: object };
}

/** Takes the webhook configurations away while something happens, and puts them back. */
export async function withoutWebhooks(kubectl: Kubectl, action: () => Promise<unknown>): Promise<void> {
  const stored = JSON.parse(
    await kubectl.run(['get', webhookConfigurations, '-l', 'app.kubernetes.io/name=sallyport', '-o', 'json']),
  ) as { readonly items: readonly Stored[] };
  await kubectl.run(['delete', webhookConfigurations, '-l', 'app.kubernetes.io/name=sallyport']);
  try {
    // The API server goes on asking for a moment after they are gone.
    await until('the webhooks to be gone', 10, async () => {
      await action();
      return true;
    });
  } finally {
    // Without what says which stored object each one was, and without what its owners write: the certificate controller its
    // claim, kubectl what it applied last. The client that creates them owns them, and with them every other field that it creates.
    for (const { metadata, ...one } of stored.items) {
      const { name, labels } = metadata;
      const annotations = {
        ...metadata.annotations,
        [installedInAnnotation]: undefined,
        [lastApplied]: undefined,
      };
      const again = { ...one, metadata: { name, labels, annotations } };
      await kubectl.run(['create', '-f', '-'], JSON.stringify(again));
    }
    await webhooksAnswer(kubectl);
  }
}

/**
 * Deletes pods without waiting for their grace period. Not `--force`: that removes them from the API server before the kubelet has ended them, and
 * can end the kubelet.
 */
export const soon = ['--grace-period=1', '--ignore-not-found'];

/** Takes every replica away; what it hands back brings them again. */
async function withoutReplicas(kubectl: Kubectl): Promise<() => Promise<void>> {
  const scale = (count: number) =>
    kubectl.run(['scale', '-n', system, 'deployment/sallyport', `--replicas=${count}`]);
  const { spec } = await kubectl.get<{ spec: { replicas: number } }>(system, 'deployment/sallyport');
  await scale(0);
  // A replica that is asked to stop goes on answering for some seconds, which no test needs.
  await kubectl.run(['delete', '-n', system, 'pod', '-l', replicaLabel, ...soon]);
  return async () => {
    await scale(spec.replicas);
    await kubectl.run(['rollout', 'status', '-n', system, 'deployment/sallyport', '--timeout=60s']);
  };
}

/** Runs while no replica answers. */
export async function withNobodyThere(kubectl: Kubectl, action: () => Promise<void>): Promise<void> {
  const restore = await withoutReplicas(kubectl);
  try {
    await action();
  } finally {
    await restore();
    await webhooksAnswer(kubectl);
  }
}

interface WebhookConfiguration {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly webhooks: readonly { readonly failurePolicy: string }[];
}

/** No replica answers, and the webhooks let through what they cannot ask about, until what this hands back is called. */
export async function failOpen(kubectl: Kubectl): Promise<() => Promise<void>> {
  const stored = JSON.parse(
    await kubectl.run(['get', webhookConfigurations, '-l', 'app.kubernetes.io/name=sallyport', '-o', 'json']),
  ) as { readonly items: readonly WebhookConfiguration[] };
  const set = async (policyOf: (asStored: string) => string) => {
    for (const { kind, metadata, webhooks } of stored.items) {
      const patch = webhooks.map(({ failurePolicy }, i) => ({
        op: 'replace',
        path: `/webhooks/${i}/failurePolicy`,
        value: policyOf(failurePolicy),
      }));
      await kubectl.run(['patch', kind, metadata.name, '--type=json', '-p', JSON.stringify(patch)]);
    }
  };
  await set(() => 'Ignore');
  const restore = await withoutReplicas(kubectl);
  return async () => {
    await restore();
    await set((asStored) => asStored);
    await webhooksAnswer(kubectl);
  };
}
