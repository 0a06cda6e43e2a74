import { podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import type { Kinds } from '../kinds/index.ts';
import type { Kind, Reading } from '../kinds/reader.ts';
import { inGroup, neededByProxy, references, serverRef, sourceText, type McpServer } from '../model.ts';
import { urlVariable } from '../names.ts';
import { shellName } from '../shell.ts';
import { nearest, suggestion } from '../nearest.ts';
import { podFinding } from './pod-finding.ts';
import { annotationPath } from '../k8s/objects.ts';
import type { WantedServer } from './select.ts';
import { shownName } from '../printable.ts';

/** A message lists at most so many things that could have been meant. */
const maxCandidates = 5;

/** A server a pod gets, under the name its app sees. */
export interface ChosenServer {
  readonly name: string;
  readonly server: McpServer;
}

/** A custom resource that a wanted entry may mean, as it was found. */
export interface Candidate {
  readonly kind: Kind;
  readonly reading: Reading;
  /** It has the label that its kind asks for, if any. */
  readonly selected: boolean;
}

const fullKind = ({ kind, group }: Kind): string => inGroup(kind.toLowerCase(), group);
const at = annotationPath(podAnnotations.servers);

/** Turns wanted entries and what was found for each into servers, or into findings that say what could be meant. */
export function resolve(
  found: readonly { readonly wanted: WantedServer; readonly candidates: readonly Candidate[] }[],
  kinds: Kinds,
): { readonly chosen: readonly ChosenServer[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const chosen = found.flatMap(({ wanted, candidates }) => {
    const [only, ...more] = candidates;
    if (!only) {
      findings.push(missing(wanted, kinds));
      return [];
    }
    if (more.length > 0) {
      findings.push(ambiguous(wanted, candidates));
      return [];
    }
    return pick(wanted, only, findings);
  });
  return { chosen, findings: [...findings, ...chosen.flatMap(notMountable), ...clashes(chosen)] };
}

/** A pod mounts Secrets and ConfigMaps of its own namespace alone, which is the resource's; the proxy reads one CA. */
function notMountable({ name, server }: ChosenServer): Finding[] {
  if (server.tls.moreCas)
    return [
      podFinding(
        'MCP504',
        at,
        `server ${shownName(name)} has ${server.tls.moreCas.length + 1} CAs`,
        'the proxy reads one',
        'put the certificates into one Secret or ConfigMap and refer to that alone, or remove the server from the annotation',
      ),
    ];
  const elsewhere = references(neededByProxy(server)).find(
    ({ source }) => source.namespace !== server.owner.namespace,
  );
  if (!elsewhere) return [];
  return [
    podFinding(
      'MCP504',
      at,
      `server ${shownName(name)} needs ${sourceText(elsewhere.source)}`,
      'a pod can mount only what is in its own namespace',
      `copy it to namespace ${shownName(server.owner.namespace)} and refer to the copy, or remove the server from the annotation`,
    ),
  ];
}

function missing(wanted: WantedServer, kinds: Kinds): Finding {
  if (kinds.called(wanted.kindWord, wanted.group).length === 0) {
    const [elsewhere] = kinds.inOtherGroups(wanted.kindWord);
    const known = kinds.all.filter(({ injectable }) => injectable).map(fullKind);
    const meant = elsewhere
      ? fullKind(elsewhere)
      : nearest(inGroup(wanted.kindWord, wanted.group ?? ''), [
          ...known,
          ...kinds.all.flatMap(({ injectable, words }) => (injectable ? [...words] : [])),
        ]);
    return podFinding(
      'MCP504',
      at,
      `${shownName(wanted.text)} names the kind ${inGroup(wanted.kindWord, wanted.group ?? '')}, which Sallyport does not know${suggestion(meant)}`,
      'Sallyport cannot look it up',
      meant === undefined
        ? `write a kind that a pod can name, such as ${known.slice(0, maxCandidates).join(', ')}; sallyport kinds lists all`
        : `write ${meant}/${wanted.name}${wanted.server === undefined ? '' : `/${wanted.server}`}`,
    );
  }
  const [other] = wanted.group === undefined ? kinds.inOtherGroups(wanted.kindWord) : [];
  const elsewhere =
    other === undefined
      ? 'or correct the name in the annotation'
      : `correct the name in the annotation, or write the group of another system, such as ${shownName(`${fullKind(other)}/${wanted.name}`)}`;
  return podFinding(
    'MCP504',
    at,
    `${shownName(wanted.text)} does not exist in the namespace of the pod`,
    'the app could not call this server',
    `create the resource first, ${elsewhere}`,
  );
}

function ambiguous(wanted: WantedServer, candidates: readonly Candidate[]): Finding {
  const { name, server, alias } = wanted;
  const rest = `${name}${server === undefined ? '' : `/${server}`}${alias === undefined ? '' : `=${alias}`}`;
  const spellings = candidates
    .slice(0, maxCandidates)
    .map(({ kind }) => shownName(`${fullKind(kind)}/${rest}`));
  return podFinding(
    'MCP504',
    at,
    `${shownName(wanted.text)} is ambiguous: it may mean ${spellings.join(' or ')}`,
    'the credential of the wrong server could be sent',
    `write one of them into the annotation: ${spellings.join(' or ')}`,
  );
}

function pick(
  wanted: WantedServer,
  { kind, reading, selected }: Candidate,
  findings: Finding[],
): ChosenServer[] {
  if (!selected) {
    findings.push(
      podFinding(
        'MCP504',
        at,
        `${shownName(wanted.text)} exists, but does not have the label ${kind.label}: "true"`,
        'Sallyport checks it at admission only with that label, and sends credentials only to checked servers',
        `add the label: kubectl label ${kind.words.values().next().value} ${shellName(wanted.name)} ${kind.label}=true`,
      ),
    );
    return [];
  }
  const named = (server: McpServer) => shownName(`${fullKind(kind)}/${wanted.name}/${server.name}`);
  const remote = reading.servers.filter(({ role, transport }) => role === 'server' && transport !== 'stdio');
  if (wanted.server !== undefined) {
    const server = remote.find(({ name, listed }) => listed && name === wanted.server);
    if (server) return [{ name: wanted.alias ?? server.name, server }];
    const names = remote
      .filter(({ listed }) => listed)
      .slice(0, maxCandidates)
      .map(named);
    findings.push(
      podFinding(
        'MCP504',
        at,
        `${shownName(wanted.text)} names server ${JSON.stringify(wanted.server)}, and the resource has no http or sse server of that name`,
        'the app could not call this server',
        names.length > 0 ? `write one of ${names.join(', ')}` : `write ${fullKind(kind)}/${wanted.name}`,
      ),
    );
    return [];
  }
  if (remote.length === 0)
    findings.push(
      podFinding(
        'MCP504',
        at,
        `${shownName(wanted.text)} has no http or sse server`,
        'a pod can call only these servers over the network',
        'name another resource in the annotation',
      ),
    );
  if (wanted.alias !== undefined && remote.length > 1) {
    findings.push(
      podFinding(
        'MCP504',
        at,
        `${shownName(wanted.text)} gives one alias to ${remote.length} servers`,
        'the app could not tell them apart',
        `give the alias to one server: ${remote.slice(0, maxCandidates).map(named).join(', ')}`,
      ),
    );
    return [];
  }
  return remote.map((server) => ({ name: wanted.alias ?? server.name, server }));
}

/** The same server twice, or two names that make the same environment variable. */
function clashes(chosen: readonly ChosenServer[]): Finding[] {
  const refs = new Set<string>();
  const variables = new Map<string, string>();
  return chosen.flatMap(({ name, server }) => {
    const ref = serverRef(server);
    if (refs.has(ref))
      return [
        podFinding(
          'MCP504',
          at,
          `the annotation names ${shownName(ref)} twice`,
          'the proxy has one listener for each server',
          'remove one of the two entries',
        ),
      ];
    refs.add(ref);
    const variable = urlVariable(name);
    const other = variables.get(variable);
    variables.set(variable, name);
    if (other === undefined) return [];
    return [
      podFinding(
        'MCP504',
        at,
        `servers ${shownName(other)} and ${shownName(name)} have the same environment variable, ${variable}`,
        'the app would see only one of them',
        `give one of them an alias: ${shownName(ref)}=another-name`,
      ),
    ];
  });
}
