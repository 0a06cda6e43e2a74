import { factOf } from '../facts.ts';
import {
  casOf,
  references,
  sourceKey,
  sourceText,
  type KeyRef,
  type McpServer,
  type WholeRef,
} from '../model.ts';
import { meant } from './object-missing.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';
import { sourceUses } from './source-uses.ts';

export const secretMissing = defineRule({
  code: 'MCP201',
  title: 'missing Secret',
  mode: 'enforce',
  needsFilledValue: true,
  dryRunWarns: true,
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const why = whyNeeded(server);
    const uses = sourceUses(server);
    return distinctSecrets(server).flatMap((reference) => {
      const { source, at } = reference;
      const fact = factOf(facts, source);
      if (fact.state !== 'absent') return [];
      const missing = report(at, [sourceKey(source)], {
        what: `${sourceText(source)} does not exist${meant(fact)}`,
        why: why(reference),
        fix: uses().createSecret(source),
      });
      return [fact.pending === undefined ? missing : madeSoon(missing, fact.pending)];
    });
  },
});

/** The same finding for something that another system creates. */
export const madeSoon = (missing: Report, maker: string): Report => ({
  ...missing,
  what: `${missing.what} yet; ${maker} creates it`,
  fix: `wait until ${maker} creates it; if it does not, read the status of ${maker}`,
  pending: maker,
});

/** Each Secret a server needs, once, at the first place that names it. Optional references need nothing. */
export function distinctSecrets(server: McpServer) {
  const seen = new Map<string, ReturnType<typeof references>[number]>();
  for (const reference of references(server)) {
    if (reference.source.kind !== 'Secret' || reference.optional || reference.tolerated) continue;
    const key = sourceKey(reference.source);
    if (!seen.has(key)) seen.set(key, reference);
  }
  return [...seen.values()];
}

/** What fails without a Secret: a header is not sent; anything else does not start, or is not trusted. */
export function whyNeeded(server: McpServer): (reference: KeyRef | WholeRef) => string {
  const environment = new Set(server.env);
  const name = serverText(server);
  return (reference) => {
    if (environment.has(reference)) return `${name} does not work without it`;
    if (casOf(server.tls).some((ca) => ca === reference))
      return `the certificate of ${name} cannot be verified without it`;
    if (reference === server.tls.client)
      return `requests to ${name} would be sent without a client certificate`;
    return `requests to ${name} would be sent without it`;
  };
}
