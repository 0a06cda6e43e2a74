import type { UnknownCause } from '../facts.ts';
import type { Mode } from '../modes.ts';

/** What is known of a rule without running it. Everything that treats one code differently from another reads it here. */
export interface RuleMetadata<Code extends string = string> {
  readonly code: Code;
  readonly title: string;
  /** The mode without any setting. */
  readonly mode: Mode;
  /** The setting under `credentials` that takes the place of `mode`. A rule that is off by default runs only where a setting names it. */
  readonly modeSetting?: 'requireUpstreams';
  /** A dry run warns instead: Flux and `kubectl diff` dry-run a Secret and its user before either exists. */
  readonly dryRunWarns?: true;
  /**
   * When an update may keep an old finding as a warning: always the same finding, or only on a `server` whose URL,
   * references and annotations did not change in this request.
   */
  readonly ratchet?: 'server';
  /** What a finding about a resource does to a pod that uses the resource. Rules about pods have none. */
  readonly atPods?: AtPods;
  /** At pods, only findings that are undecided for this cause count. */
  readonly atPodsOnlyFor?: UnknownCause;
  /** Where only a part of the cluster is known, as in `sallyport lint`, it is reported in mode `audit`. */
  readonly auditIfPartial?: true;
  /** In a file, it says nothing of a value with a placeholder such as `${PORT}`, which is not known yet. */
  readonly needsFilledValue?: true;
  /** The part of a server that an admission policy can judge by this rule, and what it says. */
  readonly floor?: { readonly part: FloorPart; readonly sentence: FloorSentence };
  /**
   * From 0.1 to 10, on the scale of CVSS: what a reader of code scanning is shown. A rule about what does not work, and
   * exposes nothing, has none.
   */
  readonly securitySeverity?: number;
  /** How often a finding is a real one; `very-high` when left out. */
  readonly precision?: 'medium' | 'high';
  /** Why `sallyport watch` writes an event about a pod with this finding. `WithoutProxy` or `Altered` when left out. */
  readonly eventReason?: 'Outdated' | 'LeftAlone';
}

export type AtPods =
  /** Nothing: the proxy waits until the Secret is right. In an operator's pod nothing waits, and the mode decides. */
  | 'ignore'
  /** The pod is refused where the mode is `enforce`. Warnings are not repeated: the author of the resource has them. */
  | 'refuse-if-enforced'
  /** The mode decides, warnings included. */
  | 'report'
  /** The pod is refused in every mode: the proxy could not do its work, or the pod would hold a credential in plain text. */
  | 'refuse';

export type FloorPart = 'headers' | 'url' | 'plain';

export interface FloorSentence {
  readonly what: string;
  readonly why: string;
  /** `instead` is the field that takes the same value from a Secret. */
  readonly fix: (instead?: string) => string;
}

/** The metadata of a code whose findings are made outside the rules for servers. */
export const defineMetadata = <const Code extends string>(metadata: RuleMetadata<Code>): RuleMetadata<Code> =>
  metadata;
