import type { Code } from './codes.ts';
import type { UnknownCause } from './facts.ts';
import { maxClauseCharacters } from './limits.ts';
import type { Mode } from './modes.ts';
import { Path } from './path.ts';
import { printable } from './printable.ts';

export { identity } from './identity.ts';

/** One rule broken at one place. It names fields, headers, Secrets and keys, and never holds a value. */
export interface Finding {
  readonly code: Code;
  readonly at: Path;
  /** What is wrong, in a clause. */
  readonly what: string;
  /** Why that matters, in a clause. */
  readonly why: string;
  /** What to do about it, in a sentence without its full stop. */
  readonly fix: string;
  /**
   * What makes two findings the same across an update: code, server, name, referent, value (as a digest). Never
   * the place in a list. Compared, never printed.
   */
  readonly identity: string;
  /** The object that will mend it by itself, as `Kind/name`: worth a warning, not a refusal. */
  readonly pending?: string;
  /** Of a copy: the codes of what it repeats. Its mode is never stricter than theirs. */
  readonly repeats?: readonly Code[];
  /** It is never stricter than this, whatever the mode of its rule. */
  readonly atMost?: Mode;
  /**
   * An operator's pod holds credentials that Sallyport takes out of others: it was stored while no replica responded. It is
   * at least a warning, and the exit code of `sallyport audit` is 1.
   */
  readonly missed?: true;
  /** The rule could not be decided, for this cause. The finding's mode is the rule's all the same. */
  readonly undecided?: UnknownCause;
}

/** `[MCP101] spec.a[Authorization]: what; why. Fix: how.` */
export function findingLine({ code, at, what, why, fix }: Finding): string {
  return `[${code}] ${clause(at.toString())}: ${clause(what)}; ${clause(why)}. Fix: ${clause(fix)}.`;
}

/** One part of a finding as it is shown. A name in it may be as long as its author likes. */
export const clause = (text: string): string =>
  shortened(printable(text.slice(0, maxClauseCharacters + 1)), maxClauseCharacters);

export const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

/** By place, then by code, so that the same object always gives the same text. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const byCode = (a: Finding, b: Finding) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
  return findings.toSorted((a, b) => Path.compare(a.at, b.at) || byCode(a, b));
}
