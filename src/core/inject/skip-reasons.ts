import { injectLabel } from '../annotations.ts';

/**
 * Every reason to leave a workload as it is, each with its message. The log field `skipped` and the label `reason` of
 * `sallyport_skips_total` hold the reason, the command line prints the message, and docs/injection.md lists both.
 */
export const skipReasons = {
  'not-labelled': `the pod does not have the label ${injectLabel}: "true"`,
  'label-not-true': `the value of the label ${injectLabel} is not "true"`,
  'static-pod': 'the object is the mirror pod of a static pod, which the kubelet runs from a file',
  'operator-off': 'the configuration does not switch on its operator (inject.families)',
  'rewritten-as-pods': 'its operator created it, and Sallyport rewrites its pods when they are created',
  labelled: `it has the label ${injectLabel}: "true", so Sallyport injects it as a labelled pod`,
  'made-by-operator': 'its operator created it, and it has no annotation sallyport.dev/servers',
  'already-injected': 'it already has the proxy',
  'proxy-unreadable': 'Sallyport cannot read the configuration of its proxy',
  'nothing-to-keep': 'the updated object has the proxy, or the stored object has none',
  'not-owned': 'no resource of its operator is its owner',
  'own-program':
    'it runs a program of its author (spec.type: BYO), to which its operator passes no MCP servers',
  'no-configuration': 'it mounts no configuration of its operator',
  'no-servers': 'its agent calls no MCP server over HTTP',
  'no-credential': 'none of its servers needs a credential',
  'rewrite-uncertain': 'the rewrite is not certain to be right (MCP511)',
  'no-pod': 'it is not a kind that creates pods',
  'not-created': 'the request does not create a pod',
} as const;

export type SkipReason = keyof typeof skipReasons;

/** Nothing is done about a workload, and why. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly reason: SkipReason;
  /** Which object or setting, where the message alone does not say it. */
  readonly detail?: string;
}

export const skipped = (reason: SkipReason, detail?: string): Skipped => ({
  kind: 'skipped',
  reason,
  ...(detail === undefined ? {} : { detail }),
});

/** The message of a skip, with its detail. */
export const skipText = ({ reason, detail }: Pick<Skipped, 'reason' | 'detail'>): string =>
  detail === undefined ? skipReasons[reason] : `${skipReasons[reason]} (${detail})`;
