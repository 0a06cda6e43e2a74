import type { Finding } from '../finding.ts';
import { Path } from '../path.ts';
import type { PodPatchBuilder } from './pod-patch-builder.ts';
import { isForward } from './forward.ts';
import { podFinding } from './pod-finding.ts';
import { listAt, textAt, type Container, type Fields } from '../k8s/objects.ts';

/**
 * An app that sends its requests through a corporate proxy would send those for 127.0.0.1 there too, and never reach
 * ours. What it exempts from its proxy is extended, in the app's own terms and nowhere else.
 */

const exempting = ['NO_PROXY', 'no_proxy'] as const;
const proxying = new Set([
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
]);
const loopback = '127.0.0.1,localhost';

/** `shift` is how many entries were added in front of the container's own. Returns what could not be mended. */
export function exemptLoopback(additions: PodPatchBuilder, container: Container, shift: number): Finding[] {
  const env = listAt(container.fields, 'env');
  const own = exempting.flatMap((name) => {
    // The last one counts; an earlier run of ours left one with our words at its end.
    const index = env.findLastIndex((entry) => textAt(entry, 'name') === name);
    return index < 0 ? [] : [{ name, index, done: textAt(env[index], 'value').endsWith(loopback) }];
  });
  // From the back, so that one insertion does not move the place of the next.
  for (const { name, index, done } of own.toSorted((a, b) => b.index - a.index))
    if (!done)
      additions.variableAt(
        container,
        shift + index + 1,
        { name, value: `$(${name}),${loopback}` },
        `container ${container.name}: env ${name} also exempts ${loopback}`,
      );
  const ours = isForward(env);
  if (own.length > 0 || !env.some((entry) => usesProxy(entry) && !ours(entry))) return [];
  if (listAt(container.fields, 'envFrom').length > 0) return [bypassed(container)];
  for (const [i, name] of exempting.entries())
    additions.variableAt(
      container,
      shift + env.length + i,
      { name, value: loopback },
      `container ${container.name}: env ${name}=${loopback}`,
    );
  return [];
}

/** An entry that stands there because of us, or could: nobody loses anything by having it twice. */
export const isLoopbackExemption = (entry: unknown): boolean => {
  const [name, value] = [textAt(entry, 'name'), textAt(entry, 'value')];
  return exempting.some((one) => one === name && [loopback, `$(${one}),${loopback}`].includes(value));
};

/** An empty one switches a proxy off. */
export const usesProxy = (entry: Fields): boolean =>
  proxying.has(textAt(entry, 'name')) && entry['value'] !== '';

const bypassed = ({ list, index, name }: Container): Finding =>
  podFinding(
    'MCP509',
    Path.fields('spec', list).item(index).field('env'),
    `container ${name} uses an HTTP proxy, and its NO_PROXY may come from envFrom`,
    'its calls to 127.0.0.1 may go to that HTTP proxy and arrive without credentials',
    `set NO_PROXY and no_proxy in the env of container ${name}, with ${loopback} in the value`,
  );
