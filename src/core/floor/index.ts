import type { Configuration } from '../configuration.ts';
import type { KindDescription } from '../kinds/description.ts';
import { describedKinds } from '../kinds/index.ts';
import { list, literal } from './cel.ts';
import { policy, type SettingExpressions } from './policy.ts';
import { floorSettings } from './settings.ts';

const actions = { enforce: 'Deny', warn: 'Warn', audit: 'Audit' } as const;

/**
 * What the API server refuses by itself, with no replica of ours there: credentials in plain text, wherever a kind's
 * description declares a field, a map or a list for them. A policy and its binding for each kind.
 *
 * The settings stand in the policies: an API server that has seen the last policy with a ConfigMap for its parameters
 * go never reads another (docs/adr/0014).
 *
 * For every kind, or for those that are given.
 */
export function floor(
  configuration: Configuration,
  namespace: string,
  kinds = describedKinds(configuration.kinds),
): readonly object[] {
  const { modes, sensitive, harmless } = floorSettings(configuration);
  const expression = (texts: readonly string[]) => list(texts.map(literal));
  return floorDocuments(kinds, {
    namespace,
    action: actions[configuration.modes.ceiling],
    settings: {
      modes: expression(modes),
      sensitive: expression(sensitive),
      harmless: expression(harmless),
    },
  });
}

/** The same with expressions of somebody else's making: the chart has its values only when it is rendered. */
export interface FloorParts {
  /** Where Sallyport is, and nothing is looked at. */
  readonly namespace: string;
  readonly action: string;
  readonly settings: SettingExpressions;
}

export function floorDocuments(
  kinds: readonly KindDescription[],
  { namespace, action, settings }: FloorParts,
): readonly object[] {
  const policies = kinds
    .filter(({ document }) => !document)
    .map((kind) => policy(kind, settings, ['kube-system', 'kube-node-lease', namespace]));
  return policies.flatMap((one) => [
    one,
    {
      apiVersion: one.apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: one.metadata,
      spec: { policyName: one.metadata.name, validationActions: [action] },
    },
  ]);
}
