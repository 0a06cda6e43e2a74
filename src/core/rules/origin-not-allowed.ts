import { factOf, failsClosed, secretsOf } from '../facts.ts';
import { objectKey, sourceKey, sourceText, type McpServer } from '../model.ts';
import { shownName } from '../printable.ts';
import { serverUrlOf } from '../server-url.ts';
import { defineRule, report, type Report } from './rule.ts';
import { fixFor } from './undecided.ts';
import { parseUrl } from '../url.ts';

export const originNotAllowed = defineRule({
  code: 'MCP208',
  title: 'origin that the Secret does not allow',
  mode: 'enforce',
  securitySeverity: 8.0,
  ratchet: 'server',
  atPods: 'report',
  throughLinks: 'destination',
  needs: 'facts',
  check(server, { facts, links }) {
    const origin = originOf(server);
    if (origin === undefined) return [];
    const open = secretsOf(server).filter(({ source }) => {
      const fact = factOf(facts, source);
      if (fact.state !== 'present') return failsClosed(fact);
      return fact.upstreams !== undefined && !namesOrigin(fact.upstreams, server);
    });
    const direct = open.map(({ source, at }): Report => {
      const fact = factOf(facts, source);
      const subject = [sourceKey(source)];
      const secret = sourceText(source);
      if (fact.state === 'unknown')
        return {
          ...report(at, subject, {
            what: `whether ${secret} may be sent to ${origin} is not known: ${fact.why}`,
            why: 'its owner may have limited it to other origins in the annotation sallyport.dev/upstreams',
            fix: fixFor(fact),
          }),
          undecided: fact.cause,
        };
      return report(at, subject, {
        what: `${secret} may not be sent to ${origin}`,
        why: 'its owner limits it to other origins in the annotation sallyport.dev/upstreams',
        fix: `use a Secret for ${origin}, or ask the owner of this one to add the origin to the annotation`,
      });
    });
    // The object that a link names may send a Secret to this origin too.
    const through = server.links.flatMap(({ target, at }): Report[] => {
      const fact = links.get(objectKey(target));
      if (!fact || !failsClosed(fact)) return [];
      const unknown = report(at, [objectKey(target)], {
        what: `whether the Secrets of ${target.kind} ${target.namespace}/${shownName(target.name)} may be sent to ${origin} is not known: ${fact.why}`,
        why: 'their owners may have limited them to other origins in the annotation sallyport.dev/upstreams',
        fix: fixFor(fact),
      });
      return [{ ...unknown, undecided: fact.cause }];
    });
    return [...direct, ...through];
  },
});

/** A URL that cannot be called is MCP404's. */
export function originOf({ url }: McpServer): string | undefined {
  const parsed = url && serverUrlOf(url.value);
  return parsed?.kind === 'valid' ? parsed.url.origin : undefined;
}

/** Whether a Secret's owner names the server's origin. What is not a URL allows nothing. */
export function namesOrigin(upstreams: readonly string[] | undefined, server: McpServer): boolean {
  const origin = originOf(server);
  return origin !== undefined && upstreams !== undefined && originsIn(upstreams).has(origin);
}

/** Each server of an object asks about the same annotation. */
const parsed = new WeakMap<readonly string[], ReadonlySet<string>>();

function originsIn(upstreams: readonly string[]): ReadonlySet<string> {
  const known = parsed.get(upstreams);
  if (known) return known;
  const origins = new Set(upstreams.flatMap((text) => parseUrl(text)?.origin ?? []));
  parsed.set(upstreams, origins);
  return origins;
}
