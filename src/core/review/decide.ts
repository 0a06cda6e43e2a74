import type { Configuration } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { applyModes, inMode, type Circumstances, type Outcome } from './apply-modes.ts';

export interface Decision {
  readonly denied: readonly Finding[];
  readonly warned: readonly Warned[];
  /** For the log and reports alone. */
  readonly audited: readonly Finding[];
}

export type Warned = Omit<Outcome, 'mode'>;

/** Turns findings into an answer. */
export function decide(
  findings: readonly Finding[],
  circumstances: Circumstances,
  configuration: Configuration,
): Decision {
  const outcomes = applyModes(findings, circumstances, configuration);
  return {
    denied: inMode('enforce', outcomes),
    warned: outcomes.flatMap(({ mode, ...warned }) => (mode === 'warn' ? [warned] : [])),
    audited: inMode('audit', outcomes),
  };
}
