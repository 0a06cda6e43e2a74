import { startCluster } from './cluster.ts';
import { provides } from './provides.ts';
import { installSallyport } from './sallyport.ts';
import { useCluster } from './somebodys-cluster.ts';

const kubeconfig = process.env['KUBECONFIG'] ?? '';

/** The cluster KUBECONFIG names, or one made for this run. */
export const { setup, teardown } = provides('cluster', {
  start: (say) => (kubeconfig === '' ? startCluster(say) : useCluster(kubeconfig, say)),
  install: installSallyport,
});
