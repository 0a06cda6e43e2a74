import { fieldsAt, listAt, textAt, type Fields } from '../../k8s/objects.ts';
import { skipped } from '../../inject/skip-reasons.ts';
import type { Kinds } from '../../kinds/index.ts';
import type { McpServer, ObjectRef } from '../../model.ts';
import type { Queries } from '../queries.ts';
import { leaveAlone, reportDefect, type Workload } from '../operator-adapter.ts';
import { ownerInChain, type NoExtraction } from '../owner-chain.ts';
import { deployments, replicaSets, type OwnerKind } from '../owner-kinds.ts';

/** v1alpha3 has no pods of its own. */
const versions = ['v1alpha2'];
const groups = ['kagent.dev'];
export const agents: OwnerKind = { groups, kind: 'Agent', plural: 'agents', versions };
export const sandboxAgents: OwnerKind = { groups, kind: 'SandboxAgent', plural: 'sandboxagents', versions };
export const sandboxes: OwnerKind = {
  groups: ['agents.x-k8s.io'],
  kind: 'Sandbox',
  plural: 'sandboxes',
  versions: ['v1beta1', 'v1alpha1'],
};

/** One MCP server as the agent names it. */
export interface AgentTool {
  readonly kind: string;
  readonly group: string;
  readonly namespace: string;
  readonly name: string;
  /** The agent's own headers for it, and where they stand. */
  readonly own: McpServer | undefined;
}

export interface Agent {
  readonly kind: 'agent';
  readonly name: string;
  /** Where it says so itself; the default is another one in each release. */
  readonly runtime: string;
  readonly tools: readonly AgentTool[];
}

const fromDeployment = [[replicaSets], [deployments], [agents]];
const fromSandbox = [[sandboxes], [sandboxAgents]];

/** The agent whose pod this is, by its owners: Deployment or sandbox, whatever its labels say. */
export function* agentOf(workload: Workload, kinds: Kinds): Queries<Agent | NoExtraction> {
  const { object, namespace } = workload;
  const owners = listAt(fieldsAt(object, 'metadata'), 'ownerReferences');
  const sandboxed = owners.some((owner) => textAt(owner, 'kind') === sandboxes.kind);
  const maker = yield* ownerInChain(workload, sandboxed ? fromSandbox : fromDeployment);
  if (maker.kind !== 'maker') return maker;
  const found = maker.object;
  const name = textAt(fieldsAt(found, 'metadata'), 'name');
  const spec = fieldsAt(found, 'spec');
  if (textAt(spec, 'type') === 'BYO') return skipped('own-program');
  const kind = kinds.find(maker.ref.group, maker.of.kind);
  if (!kind)
    return leaveAlone(
      `Sallyport has no description of the kind ${maker.of.kind}.${maker.ref.group}`,
      reportDefect,
    );
  const tools = toolsOf(found, maker.ref, kinds, namespace);
  if (!tools)
    return leaveAlone(`${maker.of.kind} ${name} is over a size limit (MCP002)`, 'make the resource smaller');
  return { kind: 'agent', name, runtime: textAt(fieldsAt(spec, 'declarative'), 'runtime'), tools };
}

/** The MCP servers that an agent names, in its order; `undefined` when it is too large to judge. */
export function toolsOf(
  agent: Fields,
  ref: ObjectRef,
  kinds: Kinds,
  namespace: string,
): readonly AgentTool[] | undefined {
  const { servers = [], exceeded } = kinds.find(ref.group, ref.kind)?.read(agent, ref) ?? {};
  if (exceeded) return undefined;
  const byPlace = new Map(servers.map((server) => [String(server.at), server]));
  const tools = listAt(fieldsAt(fieldsAt(agent, 'spec'), 'declarative'), 'tools');
  return tools.flatMap((tool, i): AgentTool[] => {
    const server = fieldsAt(tool, 'mcpServer');
    if (textAt(server, 'name') === '') return [];
    return [
      {
        // What kagent takes it for when nothing is written.
        kind: textAt(server, 'kind') || 'MCPServer',
        group: textAt(server, 'apiGroup'),
        namespace: textAt(server, 'namespace') || namespace,
        name: textAt(server, 'name'),
        own: byPlace.get(`spec.declarative.tools[${i}]`),
      },
    ];
  });
}
