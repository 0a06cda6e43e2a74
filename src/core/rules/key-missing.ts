import { factOf, references } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { isKeyRef, sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { madeSoon, whyNeeded } from './secret-missing.ts';
import { finding, serverText, type Rule } from './rule.ts';

export const keyMissing: Rule = {
  code: 'MCP202',
  needs: 'facts',
  check(server, { facts }) {
    const why = whyNeeded(server);
    return references(server).flatMap((reference): Finding[] => {
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
          finding('MCP202', server, reference.at, [sourceKey(source)], {
            what: `${secret} has no keys`,
            why: `each key would be a name that ${serverText(server)} needs`,
            fix: `add one: kubectl -n ${shellName(source.namespace)} edit ${source.kind.toLowerCase()} ${shellName(source.name)}`,
          }),
        ];
      }
      if (fact.keys.has(reference.key)) return [];
      const missing = finding('MCP202', server, reference.keyAt, [sourceKey(source), reference.key], {
        what: `${secret} has no key ${JSON.stringify(reference.key)}`,
        why: why(reference),
        fix: `name a key the ${source.kind} has, or add this one: kubectl -n ${shellName(source.namespace)} edit ${source.kind.toLowerCase()} ${shellName(source.name)}`,
      });
      return [fact.pending === undefined ? missing : madeSoon(missing, fact.pending)];
    });
  },
};
