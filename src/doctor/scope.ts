import { parseDocument } from 'yaml';
import { injectLabel, labels } from '../core/annotations.ts';
import { readConfiguration, type Configuration } from '../core/configuration.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { selects } from '../core/k8s/label-selector.ts';
import { shellName } from '../core/shell.ts';
import type { Entries } from './entries.ts';
import { bad, good, unknown, unreadable, type Check, type DoctorClient } from './examination.ts';

export interface Configured {
  readonly checks: readonly Check[];
  /** As replicas use it; left out when it is not known. */
  readonly configuration?: Configuration;
}

export async function configuration({ get, namespace }: DoctorClient): Promise<Configured> {
  const answer = await get(`/api/v1/namespaces/${namespace}/configmaps/sallyport`);
  const found = (check: Check) => ({ checks: [check] });
  if (answer.code === 404)
    return {
      ...found(good('config', 'there is no ConfigMap sallyport: every setting is the default')),
      ...known(readConfiguration({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration' })),
    };
  if (answer.code !== 200) return found(unreadable('config', 'the ConfigMap sallyport', answer));
  const fix = `mend it: kubectl -n ${shellName(namespace)} edit configmap sallyport; the last good configuration is used meanwhile`;
  const text = textAt(fieldsAt(answer.body, 'data'), 'config.yaml');
  const document = parseDocument(text, { logLevel: 'error' });
  const [error] = document.errors;
  if (error)
    return found(
      bad('config', `config.yaml is no YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`, fix),
    );
  const read = readConfiguration(document.toJS());
  if (read.kind === 'invalid') return found(bad('config', read.problems.join('; '), fix));
  const { ceiling } = read.configuration.modes;
  const said =
    ceiling === 'enforce' ? 'valid' : `valid; nothing of a resource is refused: ceiling ${ceiling}`;
  return { ...found(good('config', said)), configuration: read.configuration };
}

const known = (read: ReturnType<typeof readConfiguration>): Pick<Configured, 'configuration'> =>
  read.kind === 'invalid' ? {} : { configuration: read.configuration };

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
  if (!pods) return [unknown('namespaces', `${said}; you may not look for labelled pods in them`)];
  const lost = pods.filter((pod) => exempt.includes(textAt(fieldsAt(pod, 'metadata'), 'namespace')));
  if (lost.length > 0)
    return [
      bad(
        'namespaces',
        `${said}; ${lost.length} labelled pod${lost.length === 1 ? ' runs' : 's run'} there and nobody is asked about them`,
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
