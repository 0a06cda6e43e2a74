import type { Configuration } from '../configuration.ts';
import { describedKinds } from '../kinds/index.ts';
import { policy } from './policy.ts';
import { floorSettings } from './settings.ts';

const actions = { enforce: 'Deny', warn: 'Warn', audit: 'Audit' } as const;

/**
 * What the API server refuses by itself, with no replica of ours there: credentials in plain text, wherever a kind's
 * description declares a field, a map or a list for them. A policy and its binding for each kind.
 *
 * The settings stand in the policies: an API server that has seen the last policy with a ConfigMap for its parameters
 * go never reads another (docs/adr/0014).
 */
export function floor(configuration: Configuration, namespace: string): readonly object[] {
  const settings = floorSettings(configuration);
  const policies = describedKinds(configuration.kinds)
    .filter(({ document }) => !document)
    .map((kind) => policy(kind, settings, ['kube-system', namespace]));
  return policies.flatMap((one) => [
    one,
    {
      apiVersion: one.apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: one.metadata,
      spec: { policyName: one.metadata.name, validationActions: [actions[configuration.modes.ceiling]] },
    },
  ]);
}
