import { factOf, secretsOf } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { sourceKey, sourceText } from '../model.ts';
import { namesOrigin } from './origin-not-allowed.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { finding, type Rule } from './rule.ts';
import { fixFor } from './undecided.ts';

const elsewhere = 'through this resource it would be sent somewhere of your choice';

export const requesterWithoutAccess: Rule = {
  code: 'MCP206',
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
    const fingerprint = serverFingerprint(server);
    return open.map(({ source, at, may, fact }): Finding => {
      const subject = [sourceKey(source), fingerprint];
      const secret = sourceText(source);
      // The same whether or not the Secret exists: the text must not tell a requester who may not know.
      if (may === 'no')
        return finding('MCP206', server, at, subject, {
          what: `you may neither read ${secret} nor run pods in its namespace`,
          why: elsewhere,
          fix:
            fact.state === 'unknown' && fact.cause === 'withheld'
              ? fixFor(fact)
              : "ask a person with access to the Secret to apply this, or its owner to name the origin in the Secret's annotation sallyport.dev/upstreams",
        });
      return {
        ...finding('MCP206', server, at, subject, {
          what: `whether you may use ${secret} is not known: ${may.why}`,
          why: elsewhere,
          fix: fixFor(may),
        }),
        undecided: may.cause,
      };
    });
  },
};
