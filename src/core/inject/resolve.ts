import { podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import type { Kinds } from '../kinds/index.ts';
import type { Kind, Reading } from '../kinds/reader.ts';
import { inGroup, neededByProxy, references, serverRef, sourceText, type McpServer } from '../model.ts';
import { urlVariable } from '../names.ts';
import { shellName } from '../shell.ts';
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

/** The kinds an entry may mean: by word and, when written, by group. */
export function kindsFor(wanted: WantedServer, kinds: Kinds): Kind[] {
  return kinds.all.filter(
    (kind) =>
      kind.injectable &&
      kind.words.has(wanted.kindWord) &&
      (wanted.group === undefined || wanted.group === kind.group),
  );
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
  if (kindsFor(wanted, kinds).length === 0) {
    const known = kinds.all
      .filter(({ injectable }) => injectable)
      .map(fullKind)
      .slice(0, maxCandidates)
      .join(', ');
    return podFinding(
      'MCP504',
      at,
      `${shownName(wanted.text)}: no kind is called ${wanted.kindWord}${wanted.group === undefined ? '' : `.${wanted.group}`}`,
      'it cannot be looked up',
      `write one of ${known}`,
    );
  }
  return podFinding(
    'MCP504',
    at,
    `${shownName(wanted.text)} does not exist in the pod's namespace`,
    'the app would have no such server',
    'create it first, or correct the name',
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
    `${shownName(wanted.text)} may mean ${spellings.join(' or ')}`,
    'guessing could send a credential to the wrong server',
    `write the one you mean into the annotation: ${spellings.join(' or ')}`,
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
        `${shownName(wanted.text)} is there, but not labelled ${kind.label}: "true"`,
        'without the label it is not checked when it is written, so no credential is sent where it says',
        `label it: kubectl label ${kind.words.values().next().value} ${shellName(wanted.name)} ${kind.label}=true`,
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
        `${shownName(wanted.text)}: there is no http or sse server ${JSON.stringify(wanted.server)} in it`,
        'the app would have no such server',
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
        `${shownName(wanted.text)} holds no http or sse server`,
        'only those can be called over the network',
        'name another resource',
      ),
    );
  if (wanted.alias !== undefined && remote.length > 1) {
    findings.push(
      podFinding(
        'MCP504',
        at,
        `${shownName(wanted.text)} gives one name to ${remote.length} servers`,
        'the app could not tell them apart',
        `name one: ${remote.slice(0, maxCandidates).map(named).join(', ')}`,
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
          `${shownName(ref)} is named twice`,
          'one listener serves it',
          'name it once',
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
        `servers ${shownName(other)} and ${shownName(name)} would both be ${variable}`,
        'one would hide the other',
        `give one an alias: ${shownName(ref)}=another-name`,
      ),
    ];
  });
}
