import { factOf, references } from '../facts.ts';
import { casOf, isKeyRef, sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { madeSoon, whyNeeded } from './secret-missing.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';
import { sourceUses } from './source-uses.ts';

export const keyMissing = defineRule({
  code: 'MCP202',
  title: 'missing key of a Secret',
  mode: 'enforce',
  needsFilledValue: true,
  dryRunWarns: true,
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const why = whyNeeded(server);
    const uses = sourceUses(server);
    const cas = new Set<unknown>(casOf(server.tls));
    return references(server).flatMap((reference): Report[] => {
      const { source } = reference;
      // A client certificate's keys are MCP401's, a CA's MCP406's: one defect, one code.
      if (reference.optional || reference.tolerated || reference === server.tls.client || cas.has(reference))
        return [];
      const fact = factOf(facts, source);
      if (fact.state !== 'present') return [];
      const secret = sourceText(source);
      if (!isKeyRef(reference)) {
        if (fact.keys.size > 0) return [];
        return [
          report(reference.at, [sourceKey(source)], {
            what: `${secret} has no keys`,
            why: `${serverText(server)} takes the name of each key as a header or variable, so it gets none`,
            fix: `add a key with its value, under stringData: kubectl -n ${shellName(source.namespace)} edit ${source.kind.toLowerCase()} ${shellName(source.name)}`,
          }),
        ];
      }
      if (fact.keys.has(reference.key)) return [];
      const missing = report(reference.keyAt, [sourceKey(source), reference.key], {
        what: `${secret} has no key ${JSON.stringify(reference.key)}`,
        why: why(reference),
        fix: `refer to a key that it has, or add this key${source.kind === 'Secret' ? ' under stringData' : ''}${uses().valueText(source, [reference.key])}: kubectl -n ${shellName(source.namespace)} edit ${source.kind.toLowerCase()} ${shellName(source.name)}`,
      });
      return [fact.pending === undefined ? missing : madeSoon(missing, fact.pending)];
    });
  },
});
