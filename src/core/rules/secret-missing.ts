import { factOf } from '../facts.ts';
import {
  isKeyRef,
  references,
  sourceKey,
  sourceText,
  type KeyRef,
  type McpServer,
  type SourceRef,
  type WholeRef,
} from '../model.ts';
import { shellName } from '../shell.ts';
import { defineRule, report, serverText, type Report } from './rule.ts';

export const secretMissing = defineRule({
  code: 'MCP201',
  title: 'Secret missing',
  mode: 'enforce',
  dryRunWarns: true,
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    const why = whyNeeded(server);
    const keys = keysBySource(server);
    return distinctSecrets(server).flatMap((reference) => {
      const { source, at } = reference;
      const fact = factOf(facts, source);
      if (fact.state !== 'absent') return [];
      const missing = report(at, [sourceKey(source)], {
        what: `${sourceText(source)} does not exist`,
        why: why(reference),
        fix: createCommand(server, source, keys.get(sourceKey(source)) ?? []),
      });
      return [fact.pending === undefined ? missing : madeSoon(missing, fact.pending)];
    });
  },
});

/** The same finding for something that another system makes by itself. */
export const madeSoon = (missing: Report, maker: string): Report => ({
  ...missing,
  what: `${missing.what} yet; ${maker} makes it`,
  fix: `nothing, if ${maker} does its work; see what it says of itself`,
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

/** A header goes out without its value; anything else is not there when something starts. */
export function whyNeeded(server: McpServer): (reference: KeyRef | WholeRef) => string {
  const environment = new Set(server.env);
  return (reference) =>
    environment.has(reference)
      ? `${serverText(server)} needs it`
      : `requests to ${serverText(server)} would go out without it`;
}

/** The keys a server takes from each of its sources; `NAME` for a whole one. */
function keysBySource(server: McpServer): ReadonlyMap<string, Iterable<string>> {
  const keys = new Map<string, Set<string>>();
  for (const reference of references(server)) {
    const name = sourceKey(reference.source);
    const known = keys.get(name) ?? new Set();
    keys.set(name, known.add(isKeyRef(reference) ? reference.key : 'NAME'));
  }
  return keys;
}

/** A command that makes the Secret with every key this server takes from it. */
function createCommand(server: McpServer, source: SourceRef, keys: Iterable<string>): string {
  const start = `kubectl -n ${shellName(source.namespace)} create secret`;
  if (server.tls.client && sourceKey(server.tls.client.source) === sourceKey(source))
    return `${start} tls ${shellName(source.name)} --cert=PATH --key=PATH`;
  return `${start} generic ${shellName(source.name)}${[...keys].map((key) => ` --from-file=${shellName(key || 'KEY')}=PATH`).join('')}`;
}
