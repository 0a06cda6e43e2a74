import { factOf, secretsOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { distinctSecrets } from './secret-missing.ts';
import { defineRule, report } from './rule.ts';

export const secretUnchecked = defineRule({
  code: 'MCP203',
  title: 'Secret could not be checked',
  mode: 'warn',
  atPods: 'report',
  // A Secret that could be read later is waited for. Limits that are never enforced must show.
  atPodsOnlyFor: 'forbidden',
  auditIfPartial: true,
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const needed = new Set(distinctSecrets(server).map(({ source }) => sourceKey(source)));
    return secretsOf(server).flatMap(({ source, at }) => {
      const fact = factOf(facts, source);
      if (fact.state !== 'unknown') return [];
      // Without the right to read it, not even the limits of an optional Secret are enforced, and that must show.
      if (fact.cause !== 'forbidden' && !needed.has(sourceKey(source))) return [];
      const unchecked = report(at, [sourceKey(source)], {
        what: `${sourceText(source)} was not checked: ${fact.why}`,
        why: 'whether it exists is not known',
        fix: `make sure it is there before a pod needs it: kubectl -n ${shellName(source.namespace)} get secret ${shellName(source.name)}`,
      });
      return [{ ...unchecked, undecided: fact.cause }];
    });
  },
});
