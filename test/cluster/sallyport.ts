import path from 'node:path';
import { repository } from './cache.ts';
import { definitionOf, knownKinds } from './crds.ts';
import type { Kubectl, Manifest } from './kubectl.ts';
import { until } from './processes.ts';

const system = 'sallyport-system';
const manifests = path.join(repository, 'manifests');

/** The CRDs, then the manifests as they are. */
export async function installSallyport(kubectl: Kubectl): Promise<void> {
  const definitions = (await knownKinds()).map(definitionOf);
  await kubectl.apply(...definitions);
  await kubectl.run(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']);
  const install = (file: string) => kubectl.run(['apply', '-f', path.join(manifests, `${file}.yaml`)]);
  for (const file of ['namespace', 'rbac', 'webhooks', 'server']) await install(file);
  // Ready means that it wrote its CA bundle and path, so that the API server can call it.
  await kubectl.wait(system, 'deployment/sallyport', 'condition=Available');
  await webhooksAnswer(kubectl);
}

/** The API server reads its webhooks a moment after they are stored: asks, without storing, until one is refused. */
export async function webhooksAnswer(kubectl: Kubectl): Promise<void> {
  const meta = { name: 'is-anybody-there', namespace: 'default' };
  const resource = {
    apiVersion: 'toolhive.stacklok.dev/v1beta1',
    kind: 'MCPServerEntry',
    metadata: meta,
    spec: { remoteUrl: 'not a url' },
  };
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

/** Takes the webhook configurations away while something happens, and puts them back. */
export async function withoutWebhooks(kubectl: Kubectl, action: () => Promise<unknown>): Promise<void> {
  const kinds = 'validatingwebhookconfiguration,mutatingwebhookconfiguration';
  const stored = JSON.parse(
    await kubectl.run(['get', kinds, '-l', 'app.kubernetes.io/name=sallyport', '-o', 'json']),
  ) as { readonly items: readonly Manifest[] };
  await kubectl.run(['delete', kinds, '-l', 'app.kubernetes.io/name=sallyport']);
  try {
    // The API server goes on asking for a moment after they are gone.
    await until('the webhooks to be gone', 10, async () => {
      await action();
      return true;
    });
  } finally {
    // Without what says which stored object each one was.
    const metadata = { name: 'sallyport', labels: { 'app.kubernetes.io/name': 'sallyport' } };
    for (const one of stored.items)
      await kubectl.run(['create', '-f', '-'], JSON.stringify({ ...one, metadata }));
    await webhooksAnswer(kubectl);
  }
}

/** Runs while no replica answers. */
export async function withNobodyThere(kubectl: Kubectl, action: () => Promise<void>): Promise<void> {
  const scale = (replicas: number) =>
    kubectl.run(['scale', '-n', system, 'deployment/sallyport', `--replicas=${replicas}`]);
  await scale(0);
  await kubectl.run([
    'wait',
    '-n',
    system,
    'pod',
    '-l',
    'app.kubernetes.io/name=sallyport',
    '--for=delete',
    '--timeout=60s',
  ]);
  try {
    await action();
  } finally {
    await scale(1);
    await kubectl.run(['rollout', 'status', '-n', system, 'deployment/sallyport', '--timeout=60s']);
    await webhooksAnswer(kubectl);
  }
}
