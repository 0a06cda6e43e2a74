import { fieldsAt, listAt, textAt, type Fields } from '../../inject/pod.ts';
import type { Kinds } from '../../kinds/index.ts';
import type { McpServer } from '../../model.ts';
import type { Asking } from '../ask.ts';
import { left, type Taken, type Workload } from '../family.ts';
import { deployments, ownerOf, replicaSets, type OwnerKind } from '../owners.ts';

/** v1alpha3 has no pods of its own. */
const versions = ['v1alpha2'];
const groups = ['kagent.dev'];
const agents: OwnerKind = { groups, kind: 'Agent', plural: 'agents', versions };
const sandboxAgents: OwnerKind = { groups, kind: 'SandboxAgent', plural: 'sandboxagents', versions };
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
  readonly name: string;
  readonly tools: readonly AgentTool[];
}

const again = 'see that Sallyport may get it and that the API server answers; the next pod is tried again';

type Stopped = Exclude<Taken, { kind: 'servers' }>;

/** The agent whose pod this is, by its owners: Deployment or sandbox, whatever its labels say. */
export function* agentOf({ object, namespace }: Workload, kinds: Kinds): Asking<Agent | Stopped> {
  let owned: Fields = object;
  for (const between of [[replicaSets, sandboxes], [deployments]]) {
    const owner = yield* ownerOf(owned, namespace, between);
    if (owner.state === 'foreign') return { kind: 'nothing', reason: 'kagent did not make it' };
    if (owner.state !== 'found') return left(`${owner.name}, which made the pod, could not be read`, again);
    owned = owner.object;
    if (owner.kind === sandboxes) break;
  }
  const maker = yield* ownerOf(owned, namespace, [agents, sandboxAgents]);
  if (maker.state === 'foreign') return { kind: 'nothing', reason: 'kagent did not make it' };
  if (maker.state !== 'found') return left(`${maker.name}, which it was made for, could not be read`, again);

  const { object: found } = maker;
  const name = textAt(fieldsAt(found, 'metadata'), 'name');
  const spec = fieldsAt(found, 'spec');
  if (textAt(spec, 'type') === 'BYO')
    return { kind: 'nothing', reason: 'it runs a program of its own, which kagent gives no servers' };
  const kind = kinds.find(maker.ref.group, maker.kind.kind);
  if (!kind) return left(`${maker.kind.kind}.${maker.ref.group} is not among the kinds`, 'add it to them');
  const { servers } = kind.read(found, maker.ref);
  const tools = listAt(fieldsAt(spec, 'declarative'), 'tools');
  return {
    name,
    tools: tools.flatMap((tool, i): AgentTool[] => {
      const server = fieldsAt(tool, 'mcpServer');
      if (textAt(server, 'name') === '') return [];
      return [
        {
          // What kagent takes it for when nothing is written.
          kind: textAt(server, 'kind') || 'MCPServer',
          group: textAt(server, 'apiGroup'),
          namespace: textAt(server, 'namespace') || namespace,
          name: textAt(server, 'name'),
          own: servers.find(({ at }) => String(at) === `spec.declarative.tools[${i}]`),
        },
      ];
    }),
  };
}
