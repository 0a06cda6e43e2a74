import { startCluster } from './cluster.ts';

/** The tests' own cluster to work in: it stays until Ctrl-C. Sallyport is not installed in it. */

const say = (line: string) => console.log(line);
try {
  const { kubectl, kubeconfig, inside } = (await startCluster(say)).address;
  say(`kubectl: KUBECONFIG=${kubeconfig} ${kubectl.join(' ')} get pods -A`);
  say(`tests:   KUBECONFIG=${kubeconfig} ${inside.join(' ')} npm run test:cluster`);
  say('Ctrl-C takes it away');
  setInterval(() => undefined, 60_000);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
