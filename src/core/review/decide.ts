import { codes, type Mode } from '../codes.ts';
import type { Configuration } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { modeOfFinding, type ModeSubject } from './mode.ts';

export interface Decision {
  readonly denied: readonly Finding[];
  readonly warned: readonly Warned[];
  /** For the log and reports alone. */
  readonly audited: readonly Finding[];
}

export interface Warned {
  readonly finding: Finding;
  /** Why something that is usually denied is let through. */
  readonly because?:
    'already there before this change' | 'would be denied without dry run' | 'something is about to make it';
}

interface Circumstances {
  readonly subject: ModeSubject;
  readonly dryRun: boolean;
  /** What was already wrong in `oldObject`; empty on CREATE. */
  readonly before: readonly Finding[];
}

/**
 * Turns findings into an answer. An update is not denied for what was wrong before it (the ratchet), compared as
 * multisets of identities, so that moving an entry in a list changes nothing and a second copy is new.
 */
export function decide(
  findings: readonly Finding[],
  circumstances: Circumstances,
  configuration: Configuration,
): Decision {
  const remaining = new Map<string, number>();
  for (const { identity } of circumstances.before)
    remaining.set(identity, (remaining.get(identity) ?? 0) + 1);
  const wasThere = ({ identity }: Finding): boolean => {
    // Two objects that cannot be compared are not the same.
    if (identity === '') return false;
    const count = remaining.get(identity) ?? 0;
    if (count > 0) remaining.set(identity, count - 1);
    return count > 0;
  };
  const dryRunWarns = circumstances.dryRun && configuration.dryRun === 'lenient';

  const denied: Finding[] = [];
  const warned: Warned[] = [];
  const audited: Finding[] = [];
  for (const finding of findings) {
    const mode: Mode = modeOfFinding(finding, circumstances.subject, configuration);
    if (mode === 'audit') audited.push(finding);
    else if (mode === 'warn') warned.push({ finding });
    else if (mode === 'enforce') {
      if (wasThere(finding)) warned.push({ finding, because: 'already there before this change' });
      else if (finding.pending !== undefined)
        warned.push({ finding, because: 'something is about to make it' });
      else if (dryRunWarns && codes[finding.code].dryRunWarns)
        warned.push({ finding, because: 'would be denied without dry run' });
      else denied.push(finding);
    }
  }
  return { denied, warned, audited };
}
