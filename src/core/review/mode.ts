import { codes, type Code, type Mode } from '../codes.ts';
import type { Configuration } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { matchesGlob } from '../glob.ts';
import type { ModeSubject } from './subject.ts';

const strictness: readonly Mode[] = ['off', 'audit', 'warn', 'enforce'];

/** The first that says something: exemption, writer, namespace, the namespace's label, kind, rule, the code's default; the ceiling caps it. */
export function modeOf(code: Code, subject: ModeSubject, configuration: Configuration): Mode {
  const { modes, exemptions } = configuration;
  const exempt = exemptions.some(
    (exemption) =>
      exemption.codes.includes(code) &&
      exemption.kind === subject.kind &&
      exemption.namespace === subject.namespace &&
      exemption.name === subject.name &&
      (exemption.until === undefined || subject.today <= exemption.until),
  );
  if (exempt) return 'off';
  const own = modes.rules[code] ?? defaultMode(code, configuration);
  // A mode for all rules is no wish for a rule that is off until a setting names it.
  const optIn = own === 'off' && codes[code].mode === 'off';
  const chosen =
    modes.writers.find(({ username, rules }) => rules[code] && matchesGlob(username, subject.username))
      ?.rules[code] ??
    modes.namespaces.find(
      ({ names, rules }) => rules[code] && names.some((name) => matchesGlob(name, subject.namespace)),
    )?.rules[code] ??
    (optIn ? own : (subject.namespaceMode ?? modes.kinds[subject.kind] ?? own));
  return strictness.indexOf(chosen) > strictness.indexOf(modes.ceiling) ? modes.ceiling : chosen;
}

/** The mode of a finding. A copy of something that is exempt is exempt too. */
export function modeOfFinding(
  { code, repeats = [], atMost = 'enforce' }: Pick<Finding, 'code' | 'repeats' | 'atMost'>,
  subject: ModeSubject,
  configuration: Configuration,
): Mode {
  const strict = (mode: Mode) => strictness.indexOf(mode);
  const own = modeOf(code, subject, configuration);
  const [strictest = own] = repeats
    .map((one) => modeOf(one, subject, configuration))
    .toSorted((a, b) => strict(b) - strict(a));
  const mode = strict(strictest) < strict(own) ? strictest : own;
  return strict(atMost) < strict(mode) ? atMost : mode;
}

/** Without any setting that names the code. */
function defaultMode(code: Code, { credentials }: Configuration): Mode {
  const { mode, modeSetting } = codes[code];
  return modeSetting === undefined ? mode : credentials[modeSetting];
}

/** The rules that a setting switches on, and that this configuration switches on for some namespace or writer. */
export const optedIn = (configuration: Configuration): ReadonlySet<Code> =>
  new Set(
    Object.values(codes)
      .filter(({ code, modeSetting }) => modeSetting !== undefined && isSwitchedOn(code, configuration))
      .map(({ code }) => code),
  );

function isSwitchedOn(code: Code, configuration: Configuration): boolean {
  const { rules, namespaces, writers } = configuration.modes;
  const named = [rules, ...namespaces.map((one) => one.rules), ...writers.map((one) => one.rules)];
  const wanted = [defaultMode(code, configuration), ...named.map((one) => one[code] ?? 'off')];
  return wanted.some((mode) => mode !== 'off');
}
