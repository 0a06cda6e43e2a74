import { secretAnnotations } from '../annotations.ts';
import { factOf, failsClosed } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shownName } from '../printable.ts';
import { annotateCommand } from './annotate-command.ts';
import { originOf } from './origin-not-allowed.ts';
import { defineRule, report, type Report } from './rule.ts';
import { credentialSecrets } from './sent-secrets.ts';
import { fixFor } from './undecided.ts';

export const originUnlimited = defineRule({
  code: 'MCP209',
  title: 'Secret without an origin limit',
  mode: 'off',
  securitySeverity: 5.0,
  modeSetting: 'requireUpstreams',
  ratchet: 'server',
  atPods: 'report',
  throughLinks: 'destination',
  needs: 'facts',
  check(server, { facts }) {
    const origin = originOf(server);
    if (origin === undefined) return [];
    const open = credentialSecrets(server).filter(({ source }) => {
      const fact = factOf(facts, source);
      return fact.state === 'present' ? fact.upstreams === undefined : failsClosed(fact);
    });
    if (open.length === 0) return [];
    return open.map(({ source, at }): Report => {
      const fact = factOf(facts, source);
      const subject = [sourceKey(source)];
      if (fact.state === 'unknown')
        return {
          ...report(at, subject, {
            what: `whether ${sourceText(source)} has an origin limit is not known: ${fact.why}`,
            why: 'without one, it can be sent to any host',
            fix: fixFor(fact),
          }),
          undecided: fact.cause,
        };
      return report(at, subject, {
        what: `${sourceText(source)} has no origin limit`,
        why: `a user who may write MCP resources in namespace ${shownName(source.namespace)} can have it sent to any host`,
        fix: `if it is for ${origin} alone, run ${annotateCommand(source, secretAnnotations.upstreams, origin)} as its owner`,
      });
    });
  },
});
