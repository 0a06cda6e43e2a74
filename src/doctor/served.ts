import { fieldsAt, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { shellName } from '../core/shell.ts';
import { bundleOf, type Entries } from './entries.ts';
import { bad, good, unknown, type Check, type DoctorClient } from './examination.ts';

/** Where a replica serves: the port that its pod names, because the chart's `webhook.port` may choose another. */
function portOf(pod: Fields): number {
  const ports = listAt(pod['spec'], 'containers').flatMap((container) => listAt(container, 'ports'));
  const port = ports.find((one) => textAt(one, 'name') === 'https')?.['containerPort'];
  return typeof port === 'number' ? port : 8443;
}

/** Each ready replica shows a certificate that every entry's bundle vouches for: the Service may lead to any of them. */
export async function served(client: DoctorClient, { installed }: Entries): Promise<Check[]> {
  const bundles = new Set(installed.map(bundleOf).filter((bundle) => bundle !== ''));
  if (bundles.size === 0) return [];
  const { namespace } = client;
  const pods = await client
    .list(`/api/v1/namespaces/${namespace}/pods`, 'app.kubernetes.io/name=sallyport')
    .catch(() => undefined);
  if (!pods) return [unknown('certificate', 'you may not list the replicas')];
  const ready = pods
    .filter(isReady)
    .map((pod) => ({ name: textAt(fieldsAt(pod, 'metadata'), 'name'), port: portOf(pod) }));
  if (ready.length === 0) return [unknown('certificate', 'no replica is ready')];
  const name = `sallyport.${namespace}.svc`;
  for (const { name: pod, port } of ready)
    for (const bundle of bundles) {
      const problem = await client.handshake(pod, port, name, bundle).catch(() => null);
      if (problem === null)
        return [unknown('certificate', `${pod} could not be called through the API server`)];
      if (problem !== undefined)
        return [
          bad(
            'certificate',
            `${pod} serves a certificate that the CA bundle does not verify: ${problem}`,
            `restart it: kubectl -n ${shellName(namespace)} delete pod ${shellName(pod)}`,
          ),
        ];
    }
  return [
    good('certificate', `verified for ${name}, of ${ready.length} replica${ready.length === 1 ? '' : 's'}`),
  ];
}

const isReady = (pod: Fields): boolean =>
  listAt(pod['status'], 'conditions').some(
    (one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True',
  );
