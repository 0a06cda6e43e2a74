import { factOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { namesOrigin } from './origin-not-allowed.ts';
import { distinctSecrets } from './secret-missing.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { finding, type Rule } from './rule.ts';

export const requesterWithoutAccess: Rule = {
  code: 'MCP206',
  needs: 'facts',
  check: (server, { facts, access }) =>
    distinctSecrets(server).flatMap(({ source, at }) => {
      if (access.get(sourceKey(source)) !== 'no') return [];
      const fact = factOf(facts, source);
      if (fact.state === 'present' && namesOrigin(fact.upstreams, server)) return [];
      return [
        // The same whether or not the Secret is there: an answer must not tell somebody who may not look.
        finding('MCP206', server, at, [sourceKey(source), serverFingerprint(server)], {
          what: `you may neither read ${sourceText(source)} nor run pods in its namespace`,
          why: 'through this resource it would be sent somewhere of your choice',
          fix: "let somebody with access to the Secret apply this, or have the Secret's owner name the origin in its annotation sallyport.dev/upstreams",
        }),
      ];
    }),
};
