import { podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import { forwardVariable } from '../names.ts';
import { Path } from '../path.ts';
import { otherOrigins, type OtherOrigins } from '../contracts/proxy-contract.ts';
import { podFinding } from './pod-finding.ts';
import { annotationPath, listAt, textAt, type Container, type Fields } from '../k8s/objects.ts';

/**
 * For an app whose URLs nobody can change: it is given our forward listener as its HTTP proxy, and what it asks of a server of the
 * pod goes on with that server's credentials.
 */

const at = annotationPath(podAnnotations.forward);
const proxying = ['HTTP_PROXY', 'http_proxy'] as const;
/** As the author of a pod writes it. */
const reference = `$(${forwardVariable})`;
/** Any of these says where plain http goes already. */
const saysSo = new Set<string>([...proxying, 'ALL_PROXY', 'all_proxy']);

/** `others=pass` or `others=refuse`: the pod says what the proxy does with requests to other origins. */
export function readForward(text: string | undefined, findings: Finding[]): OtherOrigins | undefined {
  if (text === undefined) return undefined;
  const setting = otherOrigins.find((one) => `others=${one}` === text.trim());
  if (!setting)
    findings.push(
      podFinding(
        'MCP506',
        at,
        `${JSON.stringify(text)} is not a valid value of ${podAnnotations.forward}`,
        'it must say whether the proxy forwards or refuses requests to other origins',
        `write ${otherOrigins.map((one) => `others=${one}`).join(' or ')}`,
      ),
    );
  return setting;
}

/** Where the listener is, as a variable, and as the app's proxy where it has none of its own. */
export function forwardVariables(
  container: Container,
  port: number,
): {
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  readonly told: Finding[];
} {
  const url = `http://127.0.0.1:${port}`;
  const env = listAt(container.fields, 'env');
  const byReference = env
    .filter((entry) => textAt(entry, 'value') === reference)
    .map((entry) => textAt(entry, 'name'));
  const variables = [forwardVariable, ...proxying.filter((name) => !byReference.includes(name))].map(
    (name) => ({
      name,
      value: url,
    }),
  );
  const own = env.filter((entry) => saysSo.has(textAt(entry, 'name')));
  const elsewhere = own.length === 0 && listAt(container.fields, 'envFrom').length > 0;
  if (!elsewhere && own.every(isForward(env))) return { variables, told: [] };
  const reached = own.some(isForward(env));
  return { variables: variables.slice(0, 1), told: reached ? [] : [bypassed(container, elsewhere)] };
}

/** Ours of an earlier look at the same pod, or its author's word for ours. */
export function isForward(env: readonly Fields[]): (entry: Fields) => boolean {
  const ours = textAt(
    env.find((one) => textAt(one, 'name') === forwardVariable),
    'value',
  );
  return (entry) => [reference, ours].includes(textAt(entry, 'value')) && textAt(entry, 'value') !== '';
}

const bypassed = ({ list, index, name }: Container, elsewhere: boolean): Finding =>
  podFinding(
    'MCP509',
    Path.fields('spec', list).item(index).field('env'),
    elsewhere
      ? `container ${name} may take an HTTP proxy from envFrom`
      : `container ${name} already has an HTTP proxy`,
    'its calls go to that proxy instead of the forward listener, and arrive without credentials',
    `set HTTP_PROXY and http_proxy in the env of container ${name} to ${reference}`,
  );

/** Two servers with one URL have a listener each, but here nobody could say which one is meant. */
export function indistinct(
  servers: readonly { readonly name: string; readonly config: { readonly upstream: string } }[],
): Finding[] {
  const seen = new Map<string, string>();
  return servers.flatMap(({ name, config }) => {
    const { host, pathname } = new URL(config.upstream);
    const other = seen.get(host + pathname);
    seen.set(host + pathname, name);
    if (other === undefined) return [];
    return [
      podFinding(
        'MCP504',
        at,
        `servers ${other} and ${name} have the same host and path`,
        'the forward listener cannot choose between their credentials',
        `remove one of them from ${podAnnotations.servers}, or remove the annotation ${podAnnotations.forward}`,
      ),
    ];
  });
}
