import { factOf } from '../facts.ts';
import type { Finding } from '../finding.ts';
import type { ValueProblem } from '../header-value.ts';
import { keysOf, sourceKey, sourceText, type McpServer, type SourceRef } from '../model.ts';
import type { Path } from '../path.ts';
import { finding, type Rule } from './rule.ts';
import { unusable } from './unusable.ts';

export const valueUnusable: Rule = {
  code: 'MCP204',
  needs: 'facts',
  check(server, { facts }) {
    const check = (
      source: SourceRef,
      at: Path,
      keys: (present: Iterable<string>) => Iterable<string>,
      anyBytes = false,
    ): Finding[] => {
      const fact = factOf(facts, source);
      if (source.kind !== 'Secret' || fact.state !== 'present') return [];
      return [...keys(fact.keys.keys())].flatMap((key) => {
        const problem = fact.keys.get(key)?.problem;
        return problem === undefined || (anyBytes && problem === 'not-ascii')
          ? []
          : [unusableKey(server, source, at, key, problem)];
      });
    };
    return [
      ...server.headers.flatMap(({ source }) =>
        // Base64 carries a password in any encoding.
        keysOf(source).flatMap((ref) =>
          check(ref.source, ref.keyAt, () => [ref.key], source.kind === 'basic'),
        ),
      ),
      ...server.bundles.flatMap((bundle) => check(bundle.source, bundle.at, (present) => present)),
    ];
  },
};

function unusableKey(
  server: McpServer,
  source: SourceRef,
  at: Path,
  key: string,
  problem: ValueProblem,
): Finding {
  return finding('MCP204', server, at, [sourceKey(source), key, problem], {
    what: `the value of key ${JSON.stringify(key)} in ${sourceText(source)} ${unusable[problem]}`,
    why: 'no HTTP client can send it as a header',
    fix: 'write the value into the Secret again, on one line',
  });
}
