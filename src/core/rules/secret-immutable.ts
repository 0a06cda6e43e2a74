import { factOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { distinctSecrets } from './secret-missing.ts';
import { defineRule, report } from './rule.ts';

export const secretImmutable = defineRule({
  code: 'MCP207',
  title: 'immutable Secret cannot rotate',
  mode: 'warn',
  atPods: 'report',
  throughLinks: 'none',
  needs: 'facts',
  check: (server, { facts }) =>
    distinctSecrets(server).flatMap(({ source, at }) => {
      const fact = factOf(facts, source);
      if (fact.state !== 'present' || !fact.immutable) return [];
      return [
        report(at, [sourceKey(source)], {
          what: `${sourceText(source)} is immutable`,
          why: 'Kubernetes rejects a change of its value, so the credential cannot be rotated without a new Secret and a new name here',
          fix: 'delete the Secret and create it without immutable: true',
        }),
      ];
    }),
});
