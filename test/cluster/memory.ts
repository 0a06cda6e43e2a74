import { startCluster } from './cluster.ts';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, secret, serverEntry, testNamespace } from './objects.ts';
import { memoryOfReplicas } from './replica-memory.ts';
import { installSallyport, replicas } from './sallyport.ts';

/**
 * What the webhook server holds in memory with no Secrets in the cluster and with very many: it must be the same,
 * because it gets single Secrets and never lists them. Too long for the tests; the result stands in docs/benchmarks.md.
 */
const many = 20_000;
const batch = 1000;
const reviews = 300;
const ns = testNamespace('memory');
const say = (line: string) => console.log(line);

const cluster = await startCluster(say);
try {
  const kubectl = new Kubectl(cluster.address);
  await installSallyport(kubectl, say);
  await kubectl.apply(namespace(ns), secret(ns, 'github-token', { token: 'Bearer abc' }));
  const ask = async () => {
    const entries = Array.from({ length: reviews }, (_, i) =>
      serverEntry(ns, `github-${i}`, fromSecret('github-token', 'token')),
    );
    const { code, stderr } = await kubectl.tryApply(entries, '--dry-run=server');
    if (code !== 0) throw new Error(stderr);
  };
  const held = async () => memoryOfReplicas((await replicas(kubectl)).map(({ metadata }) => metadata.uid));
  await ask();
  say(`0 other Secrets, after ${reviews} reviews: ${(await held()).join(' and ')} MiB`);
  for (let made = 0; made < many; made += batch) {
    const secrets = Array.from({ length: batch }, (_, i) =>
      secret(ns, `other-${made + i}`, { token: 'x'.repeat(1000) }),
    );
    await kubectl.run(['create', '-f', '-'], secrets.map((one) => `---\n${JSON.stringify(one)}\n`).join(''));
  }
  await ask();
  say(`${many} other Secrets of 1 kB, after ${reviews} reviews: ${(await held()).join(' and ')} MiB`);
} finally {
  await cluster.stop();
}
