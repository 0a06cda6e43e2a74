import { isForward } from './forward.ts';
import { containersOf, listAt, textAt, type Container, type Fields } from '../k8s/objects.ts';
import { isLoopbackExemption, usesProxy } from './proxy-variables.ts';
import { sidecarName } from './sidecar.ts';

/**
 * The way out of the cluster. An app that goes through a corporate proxy may have no other one, so its calls must not
 * begin to go past it when ours makes them: the proxy in the pod gets the same variables.
 */

interface Variable {
  readonly name: string;
  readonly value: string;
}

export interface EgressVariables {
  readonly variables: readonly Variable[];
  /** The container they are copied from. */
  readonly container?: Container;
  /** A container with a way out that cannot be copied: it is not written there, or a password is. */
  readonly unusable?: string;
}

const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
const exempting = ['NO_PROXY', 'no_proxy'];

/** Of the first of the pod's own containers that names one. */
export function egressOf(pod: Fields): EgressVariables {
  const app = containersOf(pod).find(
    (container) =>
      container.list === 'containers' &&
      container.name !== sidecarName &&
      ownVariables(container).some(usesProxy),
  );
  if (!app) return { variables: [] };
  const env = ownVariables(app);
  const used = [...proxies, ...exempting].flatMap((name) => {
    const entry = env.findLast((one) => textAt(one, 'name') === name && one['value'] !== '');
    return entry ? [entry] : [];
  });
  const usable = used.every(isPlain) && env.filter(usesProxy).every((entry) => used.includes(entry));
  if (!usable) return { variables: [], unusable: app.name };
  const variables = used.map((entry) => ({ name: textAt(entry, 'name'), value: textAt(entry, 'value') }));
  return { variables, container: app };
}

/** Without what Sallyport added, which leads to itself. */
function ownVariables({ fields }: Container): Fields[] {
  const env = listAt(fields, 'env');
  const ours = isForward(env);
  return env.filter((entry) => !ours(entry) && !isLoopbackExemption(entry));
}

/** Written where it stands, without another variable in it, and without a user's password. */
const isPlain = (entry: Fields): boolean =>
  typeof entry['value'] === 'string' && !/[@]|\$\(/.test(entry['value']);
