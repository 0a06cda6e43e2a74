import { factOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { defineRule, report, serverText } from './rule.ts';

/** The keys of a Secret of type kubernetes.io/tls. */
const wanted = ['tls.crt', 'tls.key'];

export const clientCertificate = defineRule({
  code: 'MCP401',
  title: 'client certificate incomplete, unpaired or expired',
  mode: 'enforce',
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts, now }) {
    const client = server.tls.client;
    if (!client) return [];
    const fact = factOf(facts, client.source);
    if (fact.state !== 'present') return [];
    const secret = sourceText(client.source);
    const unusable = (subject: string, what: string, fix: string) => [
      report(client.at, [sourceKey(client.source), subject], {
        what,
        why: `${serverText(server)} receives no valid client certificate`,
        fix,
      }),
    ];
    const replace = `kubectl -n ${shellName(client.source.namespace)} create secret tls ${shellName(client.source.name)} --cert=PATH --key=PATH --dry-run=client -o yaml | kubectl apply -f -`;
    const missing = wanted.filter((key) => !fact.keys.has(key));
    if (missing.length > 0)
      return unusable(
        'incomplete',
        `${secret} has no ${missing.join(' and no ')}`,
        `store certificate and key: ${replace}`,
      );
    if (fact.keyPair?.state === 'bad')
      return unusable(
        'unpaired',
        `the certificate in ${secret} cannot be used: ${fact.keyPair.why}`,
        `issue certificate and key again, and store both: ${replace}`,
      );
    if (fact.keyPair && fact.keyPair.expires <= now)
      return unusable(
        'expired',
        `the certificate in ${secret} expired on ${new Date(fact.keyPair.expires).toISOString().slice(0, 10)}`,
        `renew the certificate and store it with its key: ${replace}`,
      );
    return [];
  },
});
