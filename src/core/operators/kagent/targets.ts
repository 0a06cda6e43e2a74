import type { ServerList } from '../../agent-config.ts';
import { annotations } from '../../annotations.ts';
import { notLookedUp } from '../../facts.ts';
import type { Kinds } from '../../kinds/index.ts';
import { inGroup, type McpServer } from '../../model.ts';
import { Path } from '../../path.ts';
import type { CustomResourceRef } from '../../cluster.ts';
import { Redacted } from '../../redacted.ts';
import { objects, type Queries, type LookupResult } from '../queries.ts';
import { leaveAlone, type Extraction } from '../operator-adapter.ts';
import { unread } from '../owner-chain.ts';
import { shellName } from '../../shell.ts';
import type { OwnerKind } from '../owner-kinds.ts';
import type { AgentTool } from './agent.ts';

/** A Service that kagent takes for an MCP server, by annotations. */
export const services: OwnerKind = { groups: [''], kind: 'Service', plural: 'services', versions: ['v1'] };
const servicePath = 'kagent.dev/mcp-service-path';
const serviceProtocol = 'kagent.dev/mcp-service-protocol';

/** Where a tool's calls go. */
export interface ToolTarget {
  readonly kind: 'target';
  readonly tool: AgentTool;
  readonly server: McpServer;
  /** The list of the agent's configuration in which it stands. */
  readonly list: ServerList;
  /** The address kagent writes for it, where that is not the resource's own URL; the port is not ours to know. */
  readonly dialled?: { readonly host: string; readonly path: string };
}

export interface ToolTargets {
  readonly kind: 'targets';
  readonly targets: readonly ToolTarget[];
}

type Left = Extract<Extraction, { kind: 'left' }>;

/** What each tool names, in the agent's order. All must be known: where one stands tells where the next does. */
export function* targetsOf(tools: readonly AgentTool[], kinds: Kinds): Queries<ToolTargets | Left> {
  const wanted = tools.map((tool) => refOf(tool, kinds));
  const unknown = tools.find((_, i) => wanted[i] === undefined);
  if (unknown)
    return leaveAlone(
      `tool ${unknown.name} is a ${unknown.kind}${unknown.group === '' ? '' : `.${unknown.group}`}, which Sallyport does not know as an MCP server`,
      'report the kind of this tool to Sallyport, with the version of kagent',
    );
  const found = yield* objects(wanted.flatMap((ref) => ref ?? []));
  const targets: ToolTarget[] = [];
  for (const [i, tool] of tools.entries()) {
    const target = targetOf(tool, found[i] ?? notLookedUp, kinds);
    if (target.kind !== 'target') return target;
    targets.push(target);
  }
  return { kind: 'targets', targets };
}

const group = 'kagent.dev';

function refOf(
  { kind, group: written, namespace, name }: AgentTool,
  kinds: Kinds,
): CustomResourceRef | undefined {
  if (kind === services.kind)
    return ['', 'core'].includes(written) ? { ...services, group: '', namespace, name } : undefined;
  const known = ['MCPServer', 'RemoteMCPServer'].includes(kind) && ['', group].includes(written);
  const described = known ? kinds.find(group, kind) : undefined;
  return described && { ...described, namespace, name };
}

function targetOf(tool: AgentTool, found: LookupResult, kinds: Kinds): ToolTarget | Left {
  const { kind, namespace, name } = tool;
  if (found.state !== 'present')
    return unread(
      `${kind} ${namespace}/${name}`,
      found,
      ", so Sallyport cannot find it among the agent's servers",
    );
  if (kind === services.kind) return serviceTarget(tool, found);
  const server = kinds
    .find(group, kind)
    ?.read(found.object, found.ref)
    .servers.find(({ role }) => role === 'server');
  if (!server)
    return leaveAlone(
      `${kind} ${namespace}/${name} describes no server`,
      `correct its URL: kubectl -n ${shellName(namespace)} edit ${shellName(inGroup(kind.toLowerCase(), group))}/${shellName(name)}`,
    );
  const list = server.transport === 'sse' ? 'sse_tools' : 'http_tools';
  // Whatever path and scheme its resource says.
  const dialled = kind === 'MCPServer' ? { dialled: { host: `${name}.${namespace}`, path: '/mcp' } } : {};
  return { kind: 'target', tool, server, list, ...dialled };
}

/** A Service says nothing of headers: what there is comes from the agent. */
function serviceTarget(tool: AgentTool, { object }: Extract<LookupResult, { state: 'present' }>): ToolTarget {
  const { namespace, name } = tool;
  const written = annotations(object);
  const sse = written.get(serviceProtocol) === 'SSE';
  const path = written.get(servicePath) ?? '/mcp';
  const host = `${name}.${namespace}`;
  return {
    kind: 'target',
    tool,
    list: sse ? 'sse_tools' : 'http_tools',
    dialled: { host, path },
    server: {
      owner: { group: '', version: 'v1', kind: services.kind, namespace, name },
      role: 'server',
      name,
      listed: false,
      at: Path.root,
      transport: sse ? 'sse' : 'http',
      url: { value: new Redacted(`http://${host}${path}`), at: Path.fields('metadata', 'name') },
      headers: [],
      headerSecrets: [],
      env: [],
      plain: [],
      links: [],
      tls: { roots: 'append' },
      loopbackForbidden: true,
    },
  };
}
