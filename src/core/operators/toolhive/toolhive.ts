import { leaveAlone, type OperatorAdapter } from '../operator-adapter.ts';
import { ownerInChain } from '../owner-chain.ts';
import { deployments, replicaSets, type OwnerKind } from '../owner-kinds.ts';
import { remoteProxy } from './remote-proxy.ts';
import { virtualServer } from './virtual-server.ts';

const toolhiveKind = (kind: string, plural: string): OwnerKind => ({
  groups: ['toolhive.stacklok.dev'],
  kind,
  plural,
  versions: ['v1beta1', 'v1alpha1'],
});
const remoteProxies = toolhiveKind('MCPRemoteProxy', 'mcpremoteproxies');
const virtualServers = toolhiveKind('VirtualMCPServer', 'virtualmcpservers');

/**
 * ToolHive: a Deployment's pods read where their servers are from a ConfigMap, and headers of Secrets from their
 * environment. Deployments stay as they are, since the operator compares them; only pods are rewritten.
 */
export const toolhive: OperatorAdapter = {
  name: 'toolhive',
  reads: [replicaSets, deployments, remoteProxies, virtualServers],
  selector: {
    kinds: ['Pod'],
    labels: [
      { kind: 'in', key: 'toolhive', values: ['true'] },
      // Those that call others' servers. The pods of an MCPServer are servers themselves.
      { kind: 'in', key: 'app', values: ['mcpremoteproxy', 'virtualmcpserver'] },
    ],
  },

  *extract(workload, kinds) {
    const maker = yield* ownerInChain(workload, [
      [replicaSets],
      [deployments],
      [remoteProxies, virtualServers],
    ]);
    if (maker.kind !== 'maker') return maker;
    const { ref, object } = maker;
    if (ref.kind === virtualServers.kind) return yield* virtualServer(workload, object, kinds);
    const described = kinds
      .find(ref.group, ref.kind)
      ?.read(object, ref)
      .servers.find(({ role }) => role === 'server');
    if (!described)
      return leaveAlone(
        `spec.remoteUrl of MCPRemoteProxy ${ref.name} is missing`,
        'set spec.remoteUrl to the URL of the MCP server',
      );
    return yield* remoteProxy(workload, described);
  },
};
