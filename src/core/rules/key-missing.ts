import { factOf, references } from '../facts.ts';
import { isKeyRef, sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { madeSoon, whyNeeded } from './secret-missing.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';

export const keyMissing = defineRule({
  code: 'MCP202',
  title: 'key missing in a Secret',
  mode: 'enforce',
  dryRunWarns: true,
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const why = whyNeeded(server);
    return references(server).flatMap((reference): Report[] => {
      const { source } = reference;
      // A client certificate's keys are MCP401's, a CA's MCP406's: one defect, one code.
      if (
        reference.optional ||
        reference.tolerated ||
        reference === server.tls.client ||
        reference === server.tls.ca
      )
        return [];
      const fact = factOf(facts, source);
      if (fact.state !== 'present') return [];
      const secret = sourceText(source);
      if (!isKeyRef(reference)) {
        if (fact.keys.size > 0) return [];
        return [
          report(reference.at, [sourceKey(source)], {
            what: `${secret} has no keys`,
            why: `each key would be a name that ${serverText(server)} needs`,
            fix: `add one: kubectl -n ${shellName(source.namespace)} edit ${source.kind.toLowerCase()} ${shellName(source.name)}`,
          }),
        ];
      }
      if (fact.keys.has(reference.key)) return [];
      const missing = report(reference.keyAt, [sourceKey(source), reference.key], {
        what: `${secret} has no key ${JSON.stringify(reference.key)}`,
        why: why(reference),
        fix: `name a key the ${source.kind} has, or add this one: kubectl -n ${shellName(source.namespace)} edit ${source.kind.toLowerCase()} ${shellName(source.name)}`,
      });
      return [fact.pending === undefined ? missing : madeSoon(missing, fact.pending)];
    });
  },
});
