import { factOf, type Facts } from '../facts.ts';
import { casOf, sourceKey, sourceText, type KeyRef, type McpServer } from '../model.ts';
import { shellName } from '../shell.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';

export const caBundle = defineRule({
  code: 'MCP406',
  title: 'unusable CA bundle',
  mode: 'warn',
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    return casOf(server.tls).flatMap((ca) => unusable(ca, server, facts));
  },
});

function unusable(ca: KeyRef, server: McpServer, facts: Facts): Report[] {
  const fact = factOf(facts, ca.source);
  if (fact.state !== 'present') return [];
  const { kind, namespace, name } = ca.source;
  const value = fact.keys.get(ca.key);
  if (value === undefined && ca.optional) return [];
  if (value?.certificates || value?.unseen) return [];
  const map = sourceText(ca.source);
  const key = JSON.stringify(ca.key);
  return [
    report(ca.keyAt, [sourceKey(ca.source), ca.key], {
      what:
        value === undefined
          ? `${map} has no key ${key}`
          : `key ${key} of ${map} is not a bundle of certificates in PEM`,
      why: `no certificate of ${serverText(server)} can be verified, so every request fails`,
      fix: `store the CA certificates in that key, in PEM, or refer to the key that holds them; to list the keys: kubectl -n ${shellName(namespace)} describe ${kind.toLowerCase()} ${shellName(name)}`,
    }),
  ];
}
