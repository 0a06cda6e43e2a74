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
          why: 'its value can never be rotated in place: Kubernetes refuses the change, and a new Secret needs a new name here',
          fix: 'make the Secret again without immutable: true',
        }),
      ];
    }),
});
