import { modeLabel } from '../core/annotations.ts';
import type { Mode } from '../core/codes.ts';
import type { Deadline } from '../core/ports.ts';
import type { Engine } from './engine.ts';

/**
 * What the namespace's own label chooses, where the platform allows that choice. Nobody is asked where no choice is
 * allowed, and a label that cannot be read chooses nothing: the stricter reading.
 */
export async function namespaceMode(
  { configuration, cluster }: Pick<Engine, 'configuration' | 'cluster'>,
  namespace: string,
  deadline: Deadline,
): Promise<{ readonly namespaceMode?: Mode }> {
  const allowed = configuration.modes.namespaceLabelMay;
  if (allowed.length === 0 || namespace === '') return {};
  const labels = await cluster.namespaceLabels?.(namespace, deadline).catch(() => undefined);
  const chosen = allowed.find((mode) => mode === labels?.get(modeLabel));
  return chosen === undefined ? {} : { namespaceMode: chosen };
}
