import { factOf, references } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shellName, shellQuoted } from '../shell.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';

export const secretWithoutLabel = defineRule({
  code: 'MCP211',
  title: 'Secret without a label that its system requires',
  mode: 'warn',
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const seen = new Set<string>();
    return references(server).flatMap(({ source, at, requiredLabels = {} }): Report[] => {
      const fact = factOf(facts, source);
      if (fact.state !== 'present') return [];
      return Object.entries(requiredLabels).flatMap(([label, value]): Report[] => {
        const written = `${label}=${value}`;
        const subject = [sourceKey(source), written];
        if (fact.labels?.get(label) === value || seen.has(subject.join())) return [];
        seen.add(subject.join());
        return [
          report(at, subject, {
            what: `${sourceText(source)} does not have the label ${written}`,
            why: `the system of ${serverText(server)} reads only Secrets with that label`,
            fix: `label it: kubectl -n ${shellName(source.namespace)} label ${source.kind.toLowerCase()} ${shellName(source.name)} ${shellQuoted(written)} --overwrite`,
          }),
        ];
      });
    });
  },
});
