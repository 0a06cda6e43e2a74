import { factOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { distinctSecrets } from './secret-missing.ts';
import { finding, type Rule } from './rule.ts';

export const secretImmutable: Rule = {
  code: 'MCP207',
  needs: 'facts',
  check: (server, { facts }) =>
    distinctSecrets(server).flatMap(({ source, at }) => {
      const fact = factOf(facts, source);
      if (fact.state !== 'present' || !fact.immutable) return [];
      return [
        finding('MCP207', server, at, [sourceKey(source)], {
          what: `${sourceText(source)} is immutable`,
          why: 'its value can never be rotated in place: Kubernetes refuses the change, and a new Secret needs a new name here',
          fix: 'make the Secret again without immutable: true',
        }),
      ];
    }),
};
