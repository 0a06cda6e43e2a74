import { fieldsAt, listAt, textAt, type Fields } from '../../k8s/objects.ts';
import type { Kinds } from '../../kinds/index.ts';
import type { McpServer } from '../../model.ts';
import { objects, type Queries } from '../queries.ts';
import { leaveAlone, reportDefect, type Workload } from '../operator-adapter.ts';
import { ownerInChain, unread, type NoExtraction } from '../owner-chain.ts';
import { jobs, statefulSets, type OwnerKind } from '../owner-kinds.ts';

/** Axon is what Kelos was called before; nothing converts between the two groups. */
const groups = ['kelos.dev', 'axon.io'];
const versions = ['v1alpha2', 'v1alpha1'];
/** What Kelos makes workloads for. */
export const makers: readonly OwnerKind[] = [
  { groups, kind: 'Task', plural: 'tasks', versions },
  { groups, kind: 'Session', plural: 'sessions', versions },
  { groups, kind: 'WorkerPool', plural: 'workerpools', versions },
];

export interface AgentServers {
  readonly kind: 'agent-servers';
  readonly servers: ReadonlyMap<string, McpServer>;
}

/** The servers of the AgentConfigs that the workload's maker names, by name; or why they are not known. */
export function* agentServers(workload: Workload, kinds: Kinds): Queries<AgentServers | NoExtraction> {
  const { namespace } = workload;
  const chain = workload.kind === 'Pod' ? [[jobs, statefulSets], makers] : [makers];
  const maker = yield* ownerInChain(workload, chain);
  if (maker.kind !== 'maker') return maker;

  const { group } = maker.ref;
  const kind = kinds.find(group, 'AgentConfig');
  if (!kind) return leaveAlone(`Sallyport has no description of the kind AgentConfig.${group}`, reportDefect);
  const names = agentConfigsOf(maker.object);
  const found = yield* objects(names.map((name) => ({ ...kind, namespace, name })));
  const servers = new Map<string, McpServer>();
  for (const [i, one] of found.entries()) {
    if (one.state !== 'present')
      return unread(
        `AgentConfig ${names[i]}`,
        one,
        ', so Sallyport does not know which headers come from a Secret',
      );
    for (const server of kind.read(one.object, one.ref).servers)
      // Of one name the later counts, as a whole.
      if (server.role === 'server' && server.listed) servers.set(server.name, server);
  }
  return { kind: 'agent-servers', servers };
}

/** In their order: one list under the worker, before that one of its own, before that a single name. */
function agentConfigsOf(maker: Fields): string[] {
  const spec = fieldsAt(maker, 'spec');
  const ofWorker = listAt(fieldsAt(spec, 'worker'), 'agentConfigRefs');
  const own = listAt(spec, 'agentConfigRefs');
  const single = textAt(fieldsAt(spec, 'agentConfigRef'), 'name');
  const list = [ofWorker, own].find((refs) => refs.length > 0)?.map((ref) => textAt(ref, 'name'));
  return (list ?? [single]).filter((name) => name !== '');
}
