import type { Manifest } from './kubectl.ts';

/**
 * What Kelos makes. Its controller is in no module that can be downloaded, so its Jobs and StatefulSets are made here as it
 * makes them: with the token in plain text, and sent again with every reconcile.
 */

/** Kelos, or Axon, as it was called before. */
export interface Release {
  readonly apiVersion: string;
  /** Of its labels. */
  readonly group: string;
  readonly variable: string;
  /** The agent's container. */
  readonly container: string;
}

export const kelos: Release = {
  apiVersion: 'kelos.dev/v1alpha2',
  group: 'kelos.dev',
  variable: 'KELOS_MCP_SERVERS',
  container: 'kelos-agent',
};

export const axon: Release = {
  apiVersion: 'axon.io/v1alpha1',
  group: 'axon.io',
  variable: 'AXON_MCP_SERVERS',
  container: 'claude-code',
};

/** With servers by name. */
export const agentConfig = (
  { apiVersion }: Release,
  namespace: string,
  name: string,
  servers: object,
  annotations: Readonly<Record<string, string>> = {},
): Manifest => ({
  apiVersion,
  kind: 'AgentConfig',
  metadata: { namespace, name, annotations },
  spec: {
    mcpServers: Object.entries(servers).map(([name, server]) => ({ name, ...(server as object) })),
  },
});

/** What the definition of a pool asks for. */
export const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

/** Its agent has the servers of AgentConfig `tools`. */
export const maker = (
  { apiVersion, group }: Release,
  namespace: string,
  kind: Maker['kind'],
  name: string,
  more: object = {},
): Manifest => ({
  apiVersion,
  kind,
  metadata: { namespace, name },
  spec: group === axon.group ? { ...more, ...axonWorker } : { ...more, worker },
});

const worker = {
  type: 'claude-code',
  credentials: { type: 'none' },
  workspaceRef: { name: 'app' },
  agentConfigRefs: [{ name: 'tools' }],
};
const axonWorker = {
  type: 'claude-code',
  credentials: { type: 'none' },
  agentConfigRef: { name: 'tools' },
};

/** Whom a workload is made for. */
export interface Maker {
  readonly kind: 'Task' | 'Session' | 'WorkerPool';
  readonly name: string;
  readonly uid: string;
}

export interface Made {
  readonly release: Release;
  readonly namespace: string;
  readonly name: string;
  readonly maker: Maker;
  /** As Kelos writes them: with the headers of their Secrets. */
  readonly servers: Readonly<Record<string, object>>;
  /** Of its pods: a sum of its plugins, say. */
  readonly annotations?: Readonly<Record<string, string>>;
}

const labelsOf = ({ release: { group }, maker }: Made): Readonly<Record<string, string>> => ({
  [`${group}/${maker.kind.toLowerCase()}`]: maker.name,
});

const metadata = (made: Made) => {
  const { release, namespace, name, maker } = made;
  const owner = { apiVersion: release.apiVersion, ...maker, controller: true, blockOwnerDeletion: true };
  return { namespace, name, labels: labelsOf(made), ownerReferences: [owner] };
};

const template = (made: Made, command: readonly string[], restartPolicy: string) => ({
  metadata: { labels: labelsOf(made), annotations: made.annotations },
  spec: {
    restartPolicy,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: made.release.container,
        image: 'upstream:test',
        imagePullPolicy: 'Never',
        command: ['node', '/kelos-agents.mjs', ...command],
        env: [{ name: made.release.variable, value: JSON.stringify({ mcpServers: made.servers }) }],
      },
    ],
  },
});

export const job = (made: Made, more: object = {}): Manifest => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: metadata(made),
  spec: { backoffLimit: 0, template: template(made, [], 'Never'), ...more },
});

export const statefulSet = (made: Made, more: object = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: metadata(made),
  spec: {
    replicas: 1,
    serviceName: made.name,
    selector: { matchLabels: labelsOf(made) },
    template: template(made, ['serve'], 'Always'),
    ...more,
  },
});
