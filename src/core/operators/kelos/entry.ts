import { isDeepStrictEqual } from 'node:util';
import { factOf, type Facts } from '../../facts.ts';
import { isFields, textAt, type Fields } from '../../k8s/objects.ts';
import type { McpServer } from '../../model.ts';
import { shellName } from '../../shell.ts';
import { leaveAlone, type Extraction } from '../operator-adapter.ts';
import { parseUrl } from '../../url.ts';

/** One server as Kelos writes it for the agent: `{"type","url","headers",...}`. */

export const isRemote = (entry: Fields): boolean => entry['type'] === 'http' || entry['type'] === 'sse';

const urlOf = (entry: Fields): string => textAt(entry, 'url');

const headersOf = (entry: Fields): ReadonlyMap<string, unknown> =>
  new Map(isFields(entry['headers']) ? Object.entries(entry['headers']) : []);

interface EntryPlan {
  readonly kind: 'judged';
  /** Left out when there is nothing in it to protect. */
  readonly server?: McpServer;
  /** Headers that came from a Secret. */
  readonly without: ReadonlySet<string>;
}

const wait =
  'if the AgentConfig changed a moment ago, wait for the next pod; otherwise create the Task or Session again';
const untouched: EntryPlan = { kind: 'judged', without: new Set() };

/** Compares an entry with the server it should come from, and tells the headers of its Secret from those written inline. */
export function judge(
  name: string,
  entry: Fields,
  server: McpServer | undefined,
  facts: Facts,
): EntryPlan | Extract<Extraction, { kind: 'left' }> {
  const headers = headersOf(entry);
  if (!server)
    return headers.size === 0
      ? untouched
      : leaveAlone(`server ${name} has headers, but no AgentConfig of the workload describes it`, wait);
  const needed =
    server.headerSecrets.length > 0 || server.tls.client !== undefined || server.tls.ca !== undefined;
  if (server.url?.value.is(urlOf(entry)) !== true || server.transport !== entry['type'])
    return needed || headers.size > 0
      ? leaveAlone(`the URL or type of server ${name} differs from its AgentConfig`, wait)
      : untouched;
  const without = new Set<string>();
  for (const { source } of server.headerSecrets) {
    const fact = factOf(facts, source);
    if (fact.state !== 'present') {
      const why = fact.state === 'absent' ? 'does not exist' : `cannot be read (${fact.why})`;
      return leaveAlone(
        `Secret ${source.name} of server ${name} ${why}, so Sallyport does not know which headers come from it`,
        `check that the Secret exists and that Sallyport may read it: kubectl -n ${shellName(source.namespace)} get secret ${shellName(source.name)}`,
        // Kelos writes the value of every key that exists.
        fact.state === 'unknown' ? { unknown: fact, holdsCredential: headers.size > 0 } : undefined,
      );
    }
    for (const key of fact.keys.keys()) if (headers.has(key)) without.add(key);
  }
  const inline = new Map(server.headers.map((header) => [header.name, header.source]));
  for (const [header, value] of headers) {
    const source = inline.get(header);
    if (without.has(header) || (source?.kind === 'literal' && source.value.is(value))) continue;
    return leaveAlone(
      `header ${header} of server ${name} is neither in its AgentConfig nor a key of its Secret`,
      wait,
    );
  }
  // What is written inline stays where Kelos put it; the proxy adds the rest.
  return needed ? { kind: 'judged', server: { ...server, headers: [] }, without } : untouched;
}

/** The same of Kelos, but for what we changed: `before` calls the proxy, and headers may be gone from it. */
export function sameEntry(before: Fields, after: Fields, upstream: string | undefined): boolean {
  if (upstream === undefined) return isDeepStrictEqual(before, after);
  const rest = (entry: Fields) =>
    Object.entries(entry).filter(([field]) => field !== 'url' && field !== 'headers');
  const sent = headersOf(after);
  return (
    isDeepStrictEqual(rest(before), rest(after)) &&
    parseUrl(urlOf(after))?.href === upstream &&
    [...headersOf(before)].every(([name, value]) => sent.get(name) === value)
  );
}
