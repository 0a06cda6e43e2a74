import { factOf, secretsOf } from '../facts.ts';
import { inGroup, objectKey, sourceKey, sourceText } from '../model.ts';
import { shownName } from '../printable.ts';
import { grantOf } from '../rights.ts';
import { shellName } from '../shell.ts';
import { distinctSecrets } from './secret-missing.ts';
import { defineRule, report, type Report } from './rule.ts';

export const secretUnchecked = defineRule({
  code: 'MCP203',
  title: 'Secret or named resource could not be checked',
  mode: 'warn',
  atPods: 'report',
  // A Secret that could be read later is waited for. Limits that are never enforced must show.
  atPodsOnlyFor: 'forbidden',
  auditIfPartial: true,
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts, links }) {
    const needed = new Set(distinctSecrets(server).map(({ source }) => sourceKey(source)));
    const secrets = secretsOf(server).flatMap(({ source, at }): Report[] => {
      const fact = factOf(facts, source);
      if (fact.state !== 'unknown') return [];
      // Without the right to read it, not even the limits of an optional Secret are enforced, and that must show.
      if (fact.cause !== 'forbidden' && !needed.has(sourceKey(source))) return [];
      const unchecked = report(at, [sourceKey(source)], {
        what: `${sourceText(source)} was not checked: ${fact.why}`,
        why: 'whether it exists is not known',
        fix: `make sure that it exists: kubectl -n ${shellName(source.namespace)} get secret ${shellName(source.name)}`,
      });
      return [{ ...unchecked, undecided: fact.cause }];
    });
    const seen = new Set<string>();
    const objects = server.links.flatMap(({ target, at }): Report[] => {
      const key = objectKey(target);
      const fact = links.get(key);
      if (fact?.state !== 'unknown' || seen.has(key)) return [];
      seen.add(key);
      const unchecked = report(at, [key], {
        what: `${target.kind} ${target.namespace}/${shownName(target.name)} was not checked: ${fact.why}`,
        why: 'whether it exists, and where its credentials are sent, is not known',
        fix: fact.missing
          ? grantOf(fact.missing)
          : `apply it again; if the error remains, make sure that it exists: kubectl -n ${shellName(target.namespace)} get ${shellName(inGroup(target.kind.toLowerCase(), target.group))} ${shellName(target.name)}`,
      });
      return [{ ...unchecked, undecided: fact.cause }];
    });
    return [...secrets, ...objects];
  },
});
