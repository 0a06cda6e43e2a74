import { modeLabel } from '../core/annotations.ts';
import type { Mode } from '../core/codes.ts';
import type { Deadline } from '../core/cluster.ts';
import type { Engine } from './engine.ts';

/**
 * What the namespace's own label chooses, where the platform allows that choice; without one there is no lookup. A label
 * that cannot be read may say `enforce` where that is allowed, and else chooses nothing: the stricter reading.
 */
export async function namespaceMode(
  { configuration, cluster }: Pick<Engine, 'configuration' | 'cluster'>,
  namespace: string,
  deadline: Deadline,
): Promise<{ readonly namespaceMode?: Mode }> {
  const allowed = configuration.modes.namespaceLabelMay;
  if (allowed.length === 0 || namespace === '') return {};
  const found = await cluster.namespaceLabels(namespace, deadline);
  if (found.state === 'absent') return {};
  if (found.state === 'unknown') return allowed.includes('enforce') ? { namespaceMode: 'enforce' } : {};
  const chosen = allowed.find((mode) => mode === found.labels.get(modeLabel));
  return chosen === undefined ? {} : { namespaceMode: chosen };
}
