import { factOf, references } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { sourceKey } from '../model.ts';
import { serverUrlOf } from '../server-url.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { finding, type Rule } from './rule.ts';

export const originNotAllowed: Rule = {
  code: 'MCP208',
  needs: 'facts',
  check(server, { facts }) {
    if (!server.url) return [];
    const parsed = serverUrlOf(server.url.value);
    // A URL that cannot be called is MCP404's.
    if ('problem' in parsed) return [];
    const { origin } = parsed.url;
    const seen = new Set<string>();
    return references(server).flatMap(({ source, at }): Finding[] => {
      const name = sourceKey(source);
      const fact = factOf(facts, source);
      if (source.kind !== 'Secret' || seen.has(name) || fact.state !== 'present' || !fact.upstreams)
        return [];
      seen.add(name);
      if (fact.upstreams.some((allowed) => originOf(allowed) === origin)) return [];
      return [
        finding('MCP208', server, at, [name, serverFingerprint(server)], {
          what: `Secret ${source.namespace}/${source.name} may not be sent to ${origin}`,
          why: 'its owner lists the origins it is for in the annotation sallyport.dev/upstreams',
          fix: `use the Secret that belongs to ${origin}, or ask this one's owner to add it to the annotation`,
        }),
      ];
    });
  },
};

/** What is not a URL allows nothing. */
const originOf = (text: string): string | undefined =>
  URL.canParse(text) ? new URL(text).origin : undefined;
