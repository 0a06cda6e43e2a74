import { factOf, references } from '../facts.ts';
import { inGroup, objectKey, sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { defineRule, ownerText, report, serverText, type Report } from './rule.ts';
import { shownName } from '../printable.ts';
import type { Absent } from '../facts.ts';

export const objectMissing = defineRule({
  code: 'MCP205',
  title: 'other referenced object missing',
  mode: 'warn',
  needsFilledValue: true,
  dryRunWarns: true,
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts, links }) {
    const seen = new Set<string>();
    const sources = references(server).flatMap(({ source, at, optional, tolerated }): Report[] => {
      const name = sourceKey(source);
      // A Secret that is needed is MCP201's.
      if ((source.kind === 'Secret' && !tolerated) || optional || seen.has(name)) return [];
      seen.add(name);
      const fact = factOf(facts, source);
      if (fact.state !== 'absent') return [];
      return [
        report(at, [name], {
          what: `${ownerText(server)} refers to ${sourceText(source)}, which does not exist${meant(fact)}`,
          why: tolerated
            ? 'without it, an image that is not public cannot be pulled'
            : `${serverText(server)} does not work without it`,
          fix: `create the ${source.kind}, or correct the name; to list the names: kubectl -n ${shellName(source.namespace)} get ${source.kind.toLowerCase()}s`,
        }),
      ];
    });
    const objects = server.links.flatMap(({ target, at }): Report[] => {
      const name = objectKey(target);
      if (seen.has(name)) return [];
      seen.add(name);
      const fact = links.get(name);
      if (fact?.state !== 'absent') return [];
      return [
        report(at, [name], {
          what: `${ownerText(server)} refers to ${target.kind} ${shownName(target.namespace)}/${shownName(target.name)}, which does not exist${meant(fact)}`,
          why: `${serverText(server)} does not work without it`,
          fix: `create it, or correct the name; to list the names: kubectl -n ${shellName(target.namespace)} get ${shellName(inGroup(target.kind.toLowerCase(), target.group))}`,
        }),
      ];
    });
    return [...sources, ...objects];
  },
});

/** The name that the author probably meant. */
export const meant = ({ nearest }: Absent): string =>
  nearest === undefined ? '' : ` (did you mean ${shownName(nearest)}?)`;
