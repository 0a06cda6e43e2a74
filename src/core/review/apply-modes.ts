import { codes, type Mode } from '../codes.ts';
import type { Configuration } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { modeOfFinding } from './mode.ts';
import type { ModeSubject } from './subject.ts';

/** A finding and what happens to it here. */
export interface Outcome {
  readonly finding: Finding;
  /** The configured mode, after everything in the circumstances that makes it milder or stricter. */
  readonly mode: Mode;
  /** Why something that is usually denied is let through. */
  readonly because?: Leniency;
}

export type Leniency =
  'already there before this change' | 'would be denied without dry run' | 'something is about to make it';

export interface Circumstances {
  readonly subject: ModeSubject;
  /** What was already wrong in `oldObject`; empty on CREATE. */
  readonly before?: readonly Finding[];
  readonly dryRun?: boolean;
  /** Only a part of the cluster is known, as in `sallyport lint`. */
  readonly partial?: boolean;
  /** The findings are about a resource, and a pod that uses the resource is created now. */
  readonly atPod?: boolean;
}

/**
 * What happens to each finding: exemptions, modes and their ceiling, then the ratchet, dry run and what the rule itself
 * declares. An update is not denied for what was wrong before it (the ratchet), compared as multisets of identities, so
 * that moving an entry in a list changes nothing and a second copy is new.
 */
export function applyModes(
  findings: readonly Finding[],
  { subject, before = [], dryRun = false, partial = false, atPod = false }: Circumstances,
  configuration: Configuration,
): Outcome[] {
  const wasThere = multiset(before.map(({ identity }) => identity));
  const lenient = dryRun && configuration.dryRun === 'lenient';
  return findings.map((finding): Outcome => {
    const configured = modeOfFinding(finding, subject, configuration);
    const { atPods, auditIfPartial, dryRunWarns } = codes[finding.code];
    if (atPod) return { finding, mode: modeAtPod(configured, atPods) };
    const mode = partial && auditIfPartial && configured !== 'off' ? 'audit' : configured;
    if (mode !== 'enforce') return { finding, mode };
    const because = wasThere(finding.identity)
      ? 'already there before this change'
      : finding.pending !== undefined
        ? 'something is about to make it'
        : lenient && dryRunWarns
          ? 'would be denied without dry run'
          : undefined;
    return because === undefined ? { finding, mode } : { finding, mode: 'warn', because };
  });
}

/** The findings whose mode is this one. */
export const inMode = (mode: Mode, outcomes: readonly Outcome[]): Finding[] =>
  outcomes.filter((one) => one.mode === mode).map(({ finding }) => finding);

/** A pod starts now: what something is about to make is missing, and a warning that is not for its author is not repeated. */
function modeAtPod(mode: Mode, atPods: (typeof codes)[Finding['code']]['atPods']): Mode {
  if (atPods === 'refuse') return 'enforce';
  return mode === 'warn' && atPods !== 'report' ? 'off' : mode;
}

/** Says of each identity whether it is in the list, and takes it out of the list. */
function multiset(identities: readonly string[]): (identity: string) => boolean {
  const remaining = new Map<string, number>();
  for (const one of identities) remaining.set(one, (remaining.get(one) ?? 0) + 1);
  return (identity) => {
    // Two objects that cannot be compared are not the same.
    if (identity === '') return false;
    const count = remaining.get(identity) ?? 0;
    if (count > 0) remaining.set(identity, count - 1);
    return count > 0;
  };
}
