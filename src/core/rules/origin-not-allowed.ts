import { factOf, references } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { sourceKey, sourceText, type McpServer } from '../model.ts';
import { serverUrlOf } from '../server-url.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { finding, type Rule } from './rule.ts';

export const originNotAllowed: Rule = {
  code: 'MCP208',
  needs: 'facts',
  check(server, { facts }) {
    const origin = originOf(server);
    if (origin === undefined) return [];
    const seen = new Set<string>();
    return references(server).flatMap(({ source, at }): Finding[] => {
      const name = sourceKey(source);
      const fact = factOf(facts, source);
      if (source.kind !== 'Secret' || seen.has(name) || fact.state !== 'present' || !fact.upstreams)
        return [];
      seen.add(name);
      if (namesOrigin(fact.upstreams, server)) return [];
      return [
        finding('MCP208', server, at, [name, serverFingerprint(server)], {
          what: `${sourceText(source)} may not be sent to ${origin}`,
          why: 'its owner lists the origins it is for in the annotation sallyport.dev/upstreams',
          fix: `use the Secret that belongs to ${origin}, or ask this one's owner to add it to the annotation`,
        }),
      ];
    });
  },
};

/** A URL that cannot be called is MCP404's. */
export function originOf({ url }: McpServer): string | undefined {
  const parsed = url && serverUrlOf(url.value);
  return parsed && 'url' in parsed ? parsed.url.origin : undefined;
}

/** Whether a Secret's owner names the server's origin. What is not a URL allows nothing. */
export function namesOrigin(upstreams: readonly string[] | undefined, server: McpServer): boolean {
  const origin = originOf(server);
  return (
    origin !== undefined &&
    (upstreams ?? []).some((text) => URL.canParse(text) && new URL(text).origin === origin)
  );
}
