import { secretAnnotations } from '../annotations.ts';
import { factOf, failsClosed } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shownName } from '../printable.ts';
import { annotateCommand } from './annotate-command.ts';
import { originOf } from './origin-not-allowed.ts';
import { finding, type Rule } from './rule.ts';
import { credentialSecrets } from './sent-secrets.ts';
import { serverFingerprint } from './server-fingerprint.ts';
import { fixFor } from './undecided.ts';

export const originUnlimited: Rule = {
  code: 'MCP209',
  needs: 'facts',
  check(server, { facts, requireUpstreams = false }) {
    const origin = requireUpstreams ? originOf(server) : undefined;
    if (origin === undefined) return [];
    const open = credentialSecrets(server).filter(({ source }) => {
      const fact = factOf(facts, source);
      return fact.state === 'present' ? fact.upstreams === undefined : failsClosed(fact);
    });
    if (open.length === 0) return [];
    const fingerprint = serverFingerprint(server);
    return open.map(({ source, at }): Finding => {
      const fact = factOf(facts, source);
      const subject = [sourceKey(source), fingerprint];
      if (fact.state === 'unknown')
        return {
          ...finding('MCP209', server, at, subject, {
            what: `whether ${sourceText(source)} has an origin limit is not known: ${fact.why}`,
            why: 'without one, it can be sent to any host',
            fix: fixFor(fact),
          }),
          undecided: fact.cause,
        };
      return finding('MCP209', server, at, subject, {
        what: `${sourceText(source)} has no origin limit`,
        why: `a user who may write MCP resources in namespace ${shownName(source.namespace)} can have it sent to any host`,
        fix: `if it is for ${origin} alone, run ${annotateCommand(source, secretAnnotations.upstreams, origin)} as its owner`,
      });
    });
  },
};
