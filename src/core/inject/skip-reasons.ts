import { injectLabel } from '../annotations.ts';

/**
 * Every reason to leave a workload as it is, each with its message. The log field `skipped` and the label `reason` of
 * `sallyport_skips_total` hold the reason, the command line prints the message, and docs/injection.md lists both.
 */
export const skipReasons = {
  'not-labelled': `no label ${injectLabel}: "true"`,
  'label-not-true': `label ${injectLabel} is not "true"`,
  'static-pod': 'it shows a static pod, which the kubelet runs from a file',
  'operator-off': 'its operator is switched off in the configuration',
  'rewritten-as-pods': 'its operator made it, and its pods are rewritten when they are created',
  labelled: `it has the label ${injectLabel}: "true", so it is injected like any labelled pod`,
  'made-by-operator': 'its operator made it, and it names no servers itself',
  'already-injected': 'it has its proxy already',
  'proxy-unreadable': 'the configuration of its proxy cannot be read',
  'nothing-to-keep': 'the update has its proxy, or the stored object had none',
  'not-owned': 'no resource of its operator owns it',
  'own-program': 'its operator gives its program no MCP servers',
  'no-configuration': 'it reads no configuration of its operator',
  'no-servers': 'its agent calls no MCP server over HTTP',
  'no-credential': 'none of its servers takes a credential',
  'rewrite-uncertain': 'a rewrite would not be certain to be right (MCP511)',
  'no-pod': 'it makes no pods that Sallyport knows',
  'not-created': 'the request creates no pod',
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
