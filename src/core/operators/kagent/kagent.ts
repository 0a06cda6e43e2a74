import { serverLists } from '../../agent-config.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../k8s/objects.ts';
import type { Delivery, PlannedServer } from '../../inject/plan.ts';
import { exemptLoopback, usesProxy } from '../../inject/proxy-variables.ts';
import type { ChosenServer } from '../../inject/resolve.ts';
import { skipped } from '../../inject/skip-reasons.ts';
import type { McpServer } from '../../model.ts';
import { agentConfig } from '../queries.ts';
import { leaveAlone, type OperatorAdapter } from '../operator-adapter.ts';
import { tryAgain } from '../owner-chain.ts';
import { mountedAt, type Mounted } from '../mounted-config.ts';
import { deployments, replicaSets } from '../owner-kinds.ts';
import { agentOf, agents, sandboxAgents, sandboxes, type Agent } from './agent.ts';
import { judge, takesCredential, type EntryPlan } from './entry.ts';
import { services, targetsOf, type ToolTarget } from './targets.ts';

const ownContainer = 'kagent';
const configDir = '/config';
const wait =
  'if the agent or its server changed a moment ago, wait for the next pod; otherwise restart the Deployment of the agent';

type RewrittenEntry = Extract<EntryPlan, { kind: 'rewritten' }> & {
  readonly name: string;
  readonly target: ToolTarget;
};

/**
 * kagent: the controller resolves the headers of an agent's servers into its configuration, a Secret that the pod mounts.
 * The pod gets a copy in which they are gone and the URLs are the proxy's; the Secret itself is the controller's.
 */
export const kagent: OperatorAdapter = {
  name: 'kagent',
  reads: [agents, sandboxAgents, replicaSets, deployments, sandboxes, services],
  // Every change of an agent or its servers is in a hash on the pods.
  renewsPods: true,
  selector: {
    kinds: ['Pod'],
    labels: [
      { kind: 'in', key: 'app', values: ['kagent'] },
      { kind: 'exists', key: 'kagent' },
    ],
  },

  *extract(workload, kinds) {
    const mounted = configOf(workload.pod);
    if (!mounted) return skipped('no-configuration');
    const agent = yield* agentOf(workload, kinds);
    if (agent.kind !== 'agent') return agent;
    if (agent.tools.length === 0) return skipped('no-servers');
    const doubt = doubtAbout(workload.pod, mounted, agent);
    if (doubt !== undefined)
      return leaveAlone(
        doubt,
        'correct spec.declarative.deployment of the agent, or set spec.declarative.runtime',
      );
    const known = yield* targetsOf(agent.tools, kinds);
    if (known.kind !== 'targets') return known;
    const { targets } = known;
    if (!targets.some(takesCredential)) return skipped('no-credential');
    const { namespace } = workload;
    const config = yield* agentConfig({ kind: 'Secret', namespace, name: mounted.secret });
    if (config.state !== 'present')
      return leaveAlone(
        `Secret ${mounted.secret}, which holds the configuration of the agent, ${config.state === 'absent' ? 'does not exist' : `cannot be read (${config.why})`}`,
        tryAgain,
        config.state === 'unknown' ? { unknown: config, holdsCredential: true } : undefined,
      );

    const judged: { readonly target: ToolTarget; readonly is: EntryPlan }[] = [];
    for (const list of serverLists) {
      const named = targets.filter((target) => target.list === list);
      if (named.length !== config[list].length)
        return leaveAlone(
          `the agent names ${named.length} servers, and ${list} of its configuration has ${config[list].length}`,
          wait,
        );
      for (const [i, entry] of config[list].entries()) {
        const target = named[i];
        if (target) judged.push({ target, is: judge(entry, i, target, namespace) });
      }
    }
    const reasons = judged.flatMap(({ target: { tool }, is }) =>
      is.kind === 'left' ? [`server ${tool.name}: ${is.why}`] : [],
    );
    const rewritten = named(
      judged.flatMap(({ target, is }) => (is.kind === 'rewritten' ? [{ ...is, target }] : [])),
    );
    if (rewritten.length === 0)
      return reasons.length > 0 ? leaveAlone(reasons.join('; '), wait) : skipped('no-credential');
    return {
      kind: 'servers',
      servers: rewritten.map(({ name, server }): ChosenServer => ({ name, server })),
      // As it is called, too: with the agent's headers, and where kagent sends it, which its Secrets' owners may not allow.
      declaredServers: rewritten.flatMap(({ server, target }): McpServer[] => [
        target.server,
        server,
        ...(target.tool.own ? [target.tool.own] : []),
      ]),
      skippedReasons: reasons,
      delivery: throughConfig(mounted, rewritten),
    };
  },
};

/** Two tools may name one server, with headers of their own: the second is another one to the proxy. */
function named<T extends { readonly target: ToolTarget }>(
  all: readonly T[],
): (T & { readonly name: string })[] {
  const used = new Map<string, number>();
  return all.map((one) => {
    const { name } = one.target.server;
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return { ...one, name: times === 1 ? name : `${times}-${name}` };
  });
}

/** The Secret that kagent's own container reads its configuration from. */
function configOf(pod: Fields): (Mounted & { readonly secret: string }) | undefined {
  const mounted = mountedAt(pod, ownContainer, configDir);
  const secret = fieldsAt(mounted?.source, 'secret');
  const name = textAt(secret, 'secretName');
  return mounted && name !== '' && listAt(secret, 'items').length === 0
    ? { ...mounted, secret: name }
    : undefined;
}

/** Why a copy of the configuration in one container would not do; `undefined` where it does. */
function doubtAbout(
  pod: Fields,
  { container, volume, secret }: Mounted & { readonly secret: string },
  agent: Agent,
): string | undefined {
  if (secret !== agent.name)
    return `the pod mounts the configuration in Secret ${secret}, which does not belong to agent ${agent.name}`;
  const other = containersOf(pod).find(
    ({ name, fields }) =>
      name !== ownContainer && listAt(fields, 'volumeMounts').some((one) => textAt(one, 'name') === volume),
  );
  if (other) return `container ${other.name} also mounts the configuration of the agent`;
  const env = listAt(container.fields, 'env');
  const egress = env.find(usesProxy);
  // Our proxy goes out as the variables say, and so does the Python runtime; the Go runtime dials MCP servers itself.
  if (egress && agent.runtime !== 'python')
    return `container ${ownContainer} has the variable ${textAt(egress, 'name')}, which only kagent's Python runtime uses, and the agent does not set spec.declarative.runtime: python`;
  const exempt = env.some((one) => ['NO_PROXY', 'no_proxy'].includes(textAt(one, 'name')));
  return listAt(container.fields, 'envFrom').length > 0 && !exempt && agent.runtime !== 'go'
    ? `container ${ownContainer} may take an HTTP proxy from envFrom, so its calls to 127.0.0.1 could go to that proxy`
    : undefined;
}

function throughConfig(
  { container, mount, volume }: Mounted,
  rewritten: readonly RewrittenEntry[],
): Delivery {
  return {
    volumes: [],
    annotations: [],
    sidecarAt: 0,
    toApp: (additions) => exemptLoopback(additions, container, 0),
    config: {
      // What differs in the pod is copied as it is: its entries do not depend on each other.
      own: { container, mount, volume, file: 'config.json', format: 'json', onMismatch: 'copy' },
      entries: (servers: readonly PlannedServer[]) =>
        rewritten.flatMap(({ name, change }) => {
          const planned = servers.find((one) => one.name === name);
          return planned ? [{ server: name, ...change(planned.url) }] : [];
        }),
    },
  };
}
