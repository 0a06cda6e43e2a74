import type { LinkFact } from '../facts.ts';
import { inGroup, objectKey, sourceKey, type McpServer, type ObjectName } from '../model.ts';
import { shownName } from '../printable.ts';
import { serverUrlOf } from '../server-url.ts';
import { shellName } from '../shell.ts';
import { defineRule, report, type Report } from './rule.ts';

/** What an egress gateway is told for one server: which key of which Secret it sends to a host in a header. */
interface Binding {
  readonly host: string;
  readonly header: string;
  readonly credential: string;
}

/**
 * Two servers of one agent. Which servers come together is known where an object names them, so nothing is looked up but
 * the objects that are named, and two servers that no agent has in common are no conflict.
 */
export const credentialConflict = defineRule({
  code: 'MCP306',
  title: 'two credentials for one host and header',
  mode: 'enforce',
  atPods: 'ignore',
  throughLinks: 'none',
  needs: 'facts',
  check(server, { links }) {
    const first = new Map<string, { readonly credential: string; readonly target: ObjectName }>();
    return server.links.flatMap(({ target, at }) =>
      bindingsOf(links.get(objectKey(target))).flatMap(({ host, header, credential }): Report[] => {
        const place = `${header} ${host}`;
        const other = first.get(place);
        if (!other) {
          first.set(place, { credential, target });
          return [];
        }
        if (other.credential === credential) return [];
        const { namespace, name } = target;
        const kind = inGroup(target.kind.toLowerCase(), target.group);
        return [
          report(at, [place, objectKey(target), objectKey(other.target)], {
            what: `${textOf(target)} and ${textOf(other.target)} send different credentials to ${shownName(host)} in header ${shownName(header)}`,
            why: 'an egress gateway has one credential for each host name and header, whatever the path is, so the agent is not started',
            fix: `name the same key of the same Secret in both, or give one of the two servers another host name: kubectl -n ${shellName(namespace)} edit ${shellName(kind)} ${shellName(name)}`,
          }),
        ];
      }),
    );
  },
});

const textOf = ({ kind, name }: ObjectName): string => `${kind} ${shownName(name)}`;

const bindingsOf = (fact: LinkFact | undefined): Binding[] =>
  fact?.state === 'present' ? fact.reading.servers.flatMap(bindingsOfServer) : [];

function bindingsOfServer({ egressGateway, url, headers }: McpServer): Binding[] {
  if (!egressGateway || !url) return [];
  const parsed = serverUrlOf(url.value);
  if (parsed.kind === 'invalid') return [];
  const host = parsed.url.hostname.replace(/\.$/, '');
  return headers.flatMap(({ name, source }) =>
    source.kind === 'key' && source.ref.source.kind === 'Secret'
      ? [
          {
            host,
            header: name.toLowerCase(),
            credential: JSON.stringify([sourceKey(source.ref.source), source.ref.key, source.template]),
          },
        ]
      : [],
  );
}
