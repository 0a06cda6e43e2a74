import { factOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { finding, type Rule } from './rule.ts';
import { distinctSecrets } from './secret-missing.ts';

export const secretUnchecked: Rule = {
  code: 'MCP203',
  needs: 'facts',
  check: (server, { facts }) =>
    distinctSecrets(server).flatMap(({ source, at }) => {
      const fact = factOf(facts, source);
      if (fact.state !== 'unknown') return [];
      return [
        finding('MCP203', server, at, [sourceKey(source)], {
          what: `${sourceText(source)} was not checked: ${fact.why}`,
          why: 'whether it exists is not known',
          fix: `make sure it is there before a pod needs it: kubectl -n ${shellName(source.namespace)} get secret ${shellName(source.name)}`,
        }),
      ];
    }),
};
