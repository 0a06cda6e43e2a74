import { factOf, references } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { objectKey, sourceKey } from '../model.ts';
import { finding, type Rule } from './rule.ts';

export const objectMissing: Rule = {
  code: 'MCP205',
  needs: 'facts',
  check(server, { facts, links }) {
    const seen = new Set<string>();
    const sources = references(server).flatMap(({ source, at, optional, tolerated }): Finding[] => {
      const name = sourceKey(source);
      // A Secret that is needed is MCP201's.
      if ((source.kind === 'Secret' && !tolerated) || optional || seen.has(name)) return [];
      seen.add(name);
      if (factOf(facts, source).state !== 'absent') return [];
      return [
        finding('MCP205', server, at, [name], {
          what: `${source.kind} ${source.namespace}/${source.name} does not exist`,
          why: tolerated ? 'an image that is not public cannot be pulled' : `${server.name} needs it`,
          fix: `create it, or correct the name: kubectl -n ${source.namespace} get ${source.kind.toLowerCase()}s`,
        }),
      ];
    });
    const objects = server.links.flatMap(({ target, at }): Finding[] => {
      const name = objectKey(target);
      if (seen.has(name)) return [];
      seen.add(name);
      if (links.get(name)?.state !== 'absent') return [];
      return [
        finding('MCP205', server, at, [name], {
          what: `${target.kind} ${target.namespace}/${target.name} does not exist`,
          why: `${server.name} needs it`,
          fix: `create it, or correct the name: kubectl -n ${target.namespace} get ${target.kind.toLowerCase()}${target.group === '' ? '' : `.${target.group}`}`,
        }),
      ];
    });
    return [...sources, ...objects];
  },
};
