import { factOf, secretsOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { namesOrigin } from './origin-not-allowed.ts';
import { defineRule, report, type Report } from './rule.ts';
import { fixFor } from './undecided.ts';

const elsewhere = 'this resource sends it to a URL that you choose';

export const requesterWithoutAccess = defineRule({
  code: 'MCP206',
  title: 'requester may not use the Secret',
  mode: 'warn',
  securitySeverity: 6.5,
  ratchet: 'server',
  atPods: 'ignore',
  throughLinks: 'destination',
  needs: 'facts',
  check(server, { facts, access }) {
    const open = secretsOf(server).flatMap((reference) => {
      const { source } = reference;
      const may = access.get(sourceKey(source));
      if (may === undefined || may === 'yes') return [];
      const fact = factOf(facts, source);
      if (fact.state === 'present' && namesOrigin(fact.upstreams, server)) return [];
      return [{ ...reference, may, fact }];
    });
    if (open.length === 0) return [];
    return open.map(({ source, at, may, fact }): Report => {
      const subject = [sourceKey(source)];
      const secret = sourceText(source);
      // The same whether or not the Secret exists: the text must not tell a requester who may not know.
      if (may === 'no')
        return report(at, subject, {
          what: `you may neither read ${secret} nor run pods in its namespace`,
          why: elsewhere,
          fix:
            fact.state === 'unknown' && fact.cause === 'withheld'
              ? fixFor(fact)
              : "ask a person who may read the Secret to apply this resource, or ask the Secret's owner to add the origin to its annotation sallyport.dev/upstreams",
        });
      return {
        ...report(at, subject, {
          what: `whether you may use ${secret} is not known: ${may.why}`,
          why: elsewhere,
          fix: fixFor(may),
        }),
        undecided: may.cause,
      };
    });
  },
});
