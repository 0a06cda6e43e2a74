import { injectLabel, labels } from '../core/annotations.ts';
import type { Configuration } from '../core/configuration.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { selects } from '../core/k8s/label-selector.ts';
import { shellName } from '../core/shell.ts';
import type { Entries } from './entries.ts';
import { bad, good, unknown, unreadable, type Check, type DoctorClient } from './examination.ts';
import { installedConfiguration } from './installed.ts';

export interface Configured {
  readonly checks: readonly Check[];
  /** As replicas use it; left out when it is not known. */
  readonly configuration?: Configuration;
}

export async function configuration(client: DoctorClient): Promise<Configured> {
  const found = await installedConfiguration(client);
  const one = (check: Check) => ({ checks: [check] });
  switch (found.state) {
    case 'unread':
      return one(unreadable('config', 'the ConfigMap sallyport', found));
    case 'invalid':
      return one(
        bad(
          'config',
          found.problem,
          `correct it: kubectl -n ${shellName(client.namespace)} edit configmap sallyport; until then, the replicas use the last valid configuration`,
        ),
      );
    case 'read': {
      const { configuration, isStored } = found;
      const { ceiling } = configuration.modes;
      const said = !isStored
        ? 'the ConfigMap sallyport does not exist, so every setting is the default'
        : ceiling === 'enforce'
          ? 'valid'
          : `valid; no resource is denied, because modes.ceiling is ${ceiling}`;
      return { ...one(good('config', said)), configuration };
    }
  }
}

/** Nobody is asked about an exempt namespace, and a labelled pod there runs without its credentials. */
export async function namespaces(
  { list, namespace }: DoctorClient,
  { installed }: Entries,
): Promise<Check[]> {
  const entry = installed.find((one) => textAt(one, 'name') === 'inject-labelled-pods.sallyport.dev');
  if (!entry) return [];
  const all = await list('/api/v1/namespaces').catch(() => undefined);
  if (!all) return [unknown('namespaces', 'you may not list namespaces')];
  const exempt = all.filter((one) => !selects(entry['namespaceSelector'], labels(one))).map(objectName);
  const said = exempt.length === 0 ? 'none is exempt' : `exempt: ${exempt.join(', ')}`;
  const pods = await list('/api/v1/pods', `${injectLabel}=true`).catch(() => undefined);
  if (!pods) return [unknown('namespaces', `${said}; you may not list the labelled pods in them`)];
  const lost = pods.filter((pod) => exempt.includes(textAt(fieldsAt(pod, 'metadata'), 'namespace')));
  if (lost.length > 0)
    return [
      bad(
        'namespaces',
        `${said}; ${lost.length} labelled pod${lost.length === 1 ? ' runs' : 's run'} there without Sallyport`,
        'run them in another namespace, or change the namespaceSelector of the webhook entries',
      ),
    ];
  const own = exempt.includes(namespace);
  if (!own)
    return [
      bad(
        'namespaces',
        `${said}; ${namespace} itself is not, so Sallyport could keep itself from starting`,
        'install the release again: docs/install.md',
      ),
    ];
  return [good('namespaces', said)];
}

const objectName = (object: Fields): string => textAt(fieldsAt(object, 'metadata'), 'name');
