import { factOf } from '../facts.ts';
import type { ValueProblem } from '../header-value.ts';
import { keysOf, sourceKey, sourceText, type SourceRef } from '../model.ts';
import type { Path } from '../path.ts';
import { shellName } from '../shell.ts';
import { defineRule, report, type Report } from './rule.ts';
import { unusable, unusableValue } from './unusable.ts';

export const valueUnusable = defineRule({
  ...unusableValue,
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const check = (
      source: SourceRef,
      at: Path,
      keys: (present: Iterable<string>) => Iterable<string>,
      anyBytes = false,
    ): Report[] => {
      const fact = factOf(facts, source);
      if (source.kind !== 'Secret' || fact.state !== 'present') return [];
      return [...keys(fact.keys.keys())].flatMap((key) => {
        const { problem, lineEnd } = fact.keys.get(key) ?? {};
        if (problem !== undefined && !(anyBytes && problem === 'not-ascii'))
          return [unusableKey(source, at, key, problem)];
        return lineEnd && server.egressGateway ? [lineEndOf(source, at, key)] : [];
      });
    };
    return [
      ...server.headers.flatMap(({ source }) =>
        // Base64 carries a password in any encoding.
        keysOf(source).flatMap((ref) =>
          check(ref.source, ref.keyAt, () => [ref.key], source.kind === 'basic'),
        ),
      ),
      ...server.headerSecrets.flatMap((bundle) => check(bundle.source, bundle.at, (present) => present)),
    ];
  },
});

function lineEndOf(source: SourceRef, at: Path, key: string): Report {
  return report(at, [sourceKey(source), key, 'line-end'], {
    what: `the value of key ${JSON.stringify(key)} in ${sourceText(source)} ends in a line break`,
    why: 'the egress gateway sends the value as it is, and no header may hold a line break',
    fix: `write the value without the line break, under stringData: kubectl -n ${shellName(source.namespace)} edit secret ${shellName(source.name)}`,
  });
}

function unusableKey(source: SourceRef, at: Path, key: string, problem: ValueProblem): Report {
  return report(at, [sourceKey(source), key, problem], {
    what: `the value of key ${JSON.stringify(key)} in ${sourceText(source)} ${unusable[problem]}`,
    why: 'no HTTP client can send it as a header',
    fix: `replace the value by one line of ASCII, under stringData: kubectl -n ${shellName(source.namespace)} edit secret ${shellName(source.name)}`,
  });
}
