import { annotations, podAnnotations } from '../annotations.ts';
import { decodeProxyConfig, proxyEnv, type ProxyConfig } from '../contracts/proxy-contract.ts';
import { containersOf, isFields, listAt, textAt, type Container, type Fields } from '../k8s/objects.ts';
import { configStepName } from './config-step.ts';
import { sidecarName } from './sidecar.ts';

/** What a pod carries of its injection. */

/** Every container under our name; a pod as we made it has one, among its init containers. */
export const proxiesOf = (pod: Fields): Container[] =>
  containersOf(pod).filter(({ name }) => name === sidecarName);

/** Every container under the name of the config step. */
export const stepsOf = (pod: Fields): Container[] =>
  containersOf(pod).filter(({ name }) => name === configStepName);

export const hasProxy = (pod: Fields): boolean => proxiesOf(pod).length > 0;

/** What a proxy was told. It cannot be changed once the pod exists. `undefined` where it cannot be read. */
export function configOf(proxy: Fields): ProxyConfig | undefined {
  const entries = listAt(proxy, 'env').filter((entry) => textAt(entry, 'name') === proxyEnv.config);
  if (entries.length !== 1) return undefined;
  try {
    return decodeProxyConfig(textAt(entries[0], 'value'));
  } catch {
    return undefined;
  }
}

/** The references in a pod's status annotation: all that can be told from a pod's metadata alone, and no proof. */
export const statusRefs = (pod: unknown): string[] =>
  listAt(statusIn(pod), 'servers').map((server) => textAt(server, 'ref'));

/** What it says was left as the pod's operator wrote it: no proof either. */
export function statusLeft(pod: unknown): string[] {
  const { left } = statusIn(pod);
  return Array.isArray(left) ? left.filter((reason) => typeof reason === 'string') : [];
}

function statusIn(pod: unknown): Fields {
  try {
    const status: unknown = JSON.parse(annotations(pod).get(podAnnotations.status) ?? '{}');
    return isFields(status) ? status : {};
  } catch {
    return {};
  }
}
