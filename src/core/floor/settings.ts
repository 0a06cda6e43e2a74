import type { Configuration } from '../configuration.ts';
import { globPattern } from '../glob.ts';
import { floorCodes } from './rules.ts';

/**
 * What of the configuration the API server needs, as lists of texts: who is exempt where, in the order in which the
 * webhook decides. Each of `modes` is `CODE MODE SUBJECT PATTERN`, and the first that fits counts.
 */
export interface FloorSettings {
  readonly modes: readonly string[];
  readonly sensitive: readonly string[];
  readonly harmless: readonly string[];
}

type Rules = Configuration['modes']['rules'];

export function floorSettings({ modes, exemptions, credentials }: Configuration): FloorSettings {
  const ruled = (rules: Rules, subject: string, pattern: string): string[] =>
    floorCodes.flatMap((code) => (rules[code] ? [`${code} ${rules[code]} ${subject} ${pattern}`] : []));
  const always = (mode: string, subject: string, pattern: string): string[] =>
    floorCodes.map((code) => `${code} ${mode} ${subject} ${pattern}`);
  const lines = [
    ...exemptions.flatMap(({ codes, kind, namespace, name }) =>
      floorCodes
        .filter((code) => codes.includes(code))
        .map((code) => `${code} off object ${globPattern(`${kind}/${namespace}/${name}`)}`),
    ),
    ...modes.writers.flatMap(({ username, rules }) => ruled(rules, 'writer', globPattern(username))),
    ...modes.namespaces.flatMap(({ names, rules }) =>
      names.flatMap((name) => ruled(rules, 'namespace', globPattern(name))),
    ),
    ...modes.namespaceLabelMay.flatMap((mode) => always(mode, 'label', globPattern(mode))),
    ...Object.entries(modes.kinds)
      // One kind, one entry: in any order, so in the one that Helm goes through them.
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([kind, mode]) => always(mode, 'kind', globPattern(kind))),
    ...ruled(modes.rules, 'kind', '.*'),
  ];
  const { sensitive, harmless } = credentials.headers;
  const names = (list: readonly string[]) => list.map((name) => name.toLowerCase());
  return { modes: lines, sensitive: names(sensitive), harmless: names(harmless) };
}
