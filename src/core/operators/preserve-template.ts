import { isDeepStrictEqual } from 'node:util';
import type { Edit } from '../inject/edit.ts';
import { configOf, proxiesOf } from '../inject/injected-state.ts';
import { containersOf, listAt, type Fields } from '../k8s/objects.ts';
import { restore } from '../inject/restore.ts';
import { sidecarName } from '../inject/sidecar.ts';
import type { ProxyConfig } from '../contracts/proxy-contract.ts';
import type { OperatorAdapter } from './operator-adapter.ts';

/**
 * A template that was rewritten once stays as it is while its operator and its servers do. Operators send their whole
 * template with every reconcile, with the credential in it; what they meant to change decides, not what they send.
 */

/** The configuration of the proxy that a pod carries; `undefined` for none, or one that cannot be read. */
export const proxyOf = (pod: Fields): ProxyConfig | undefined =>
  proxiesOf(pod).flatMap(({ fields }) => configOf(fields) ?? [])[0];

/** The edits that make `after` what `before` was; `undefined` when the operator changed something of its own. */
export function restoreWorkload(
  adapter: OperatorAdapter,
  before: Fields,
  after: Fields,
  proxy: ProxyConfig,
): readonly Edit[] | undefined {
  const upstreams = new Map(proxy.servers.map(({ name, upstream }) => [name, upstream]));
  return restore(
    before,
    after,
    (name, old, fresh) => adapter.sameVariable?.(name, old, fresh, upstreams) ?? false,
  );
}

/**
 * Whether a new plan would carry other credentials to other places, or leave other things to the app. `after` was
 * planned with the ports of `before`. What only another release of ours would write otherwise does not count.
 */
export function changedInSubstance(before: Fields, after: Fields): boolean {
  const substance = (pod: Fields) => [
    proxyOf(pod)?.servers.map(({ name, upstream, sources, headers, bundles }) => ({
      name,
      upstream,
      sources,
      headers: headers.map((header) => header.name),
      bundles: bundles.length,
    })),
    containersOf(pod)
      .filter(({ name }) => name !== sidecarName)
      .map(({ name, fields }) => [
        name,
        listAt(fields, 'env').map((entry) => [entry['name'], entry['value']]),
      ]),
  ];
  return !isDeepStrictEqual(substance(before), substance(after));
}
