import { pointer } from '../../inject/edit.ts';
import type { Delivery, PlannedServer } from '../../inject/plan.ts';
import { containersOf, isFields, listAt, textAt, type Container, type Fields } from '../../k8s/objects.ts';
import { exemptLoopback } from '../../inject/proxy-variables.ts';
import type { ChosenServer } from '../../inject/resolve.ts';
import { skipped } from '../../inject/skip-reasons.ts';
import { isDeepStrictEqual } from 'node:util';
import type { McpServer } from '../../model.ts';
import { facts } from '../queries.ts';
import { leaveAlone, type OperatorAdapter } from '../operator-adapter.ts';
import { jobs, statefulSets } from '../owner-kinds.ts';
import { agentServers, makers } from './agent-servers.ts';
import { isRemote, judge, sameEntry } from './entry.ts';
import { readServerList, type EntryChange, type ServerList } from './server-list.ts';

/** The variable before and after Axon became Kelos. */
const variables = new Set(['KELOS_MCP_SERVERS', 'AXON_MCP_SERVERS']);
/** Kelos's own init containers: they fetch code and plugins, and call no MCP server. The user's come after them. */
const ownSteps = new Set([
  'kelos-session-runtime',
  'inject-worker-runner',
  'git-clone',
  'remote-setup',
  'branch-setup',
  'workspace-files',
  'plugin-setup',
  'skills-install',
]);

/**
 * Kelos and Axon: the agent's servers stand with their headers in one variable, in plain text, in the Job or StatefulSet
 * and in every pod made of it. What came from a Secret is taken out, and the server's URL becomes the proxy's.
 */
export const kelos: OperatorAdapter = {
  name: 'kelos',
  reads: [jobs, statefulSets, ...makers],
  selector: {
    kinds: ['Job', 'StatefulSet', 'Pod'],
    labels: [{ kind: 'prefix', prefixes: ['kelos.dev/', 'axon.io/'] }],
  },
  hasServers: (pod) => lists(pod).length > 0,

  *extract(workload, kinds) {
    const written = lists(workload.pod);
    const read = written.map(({ container, index, text }) => ({
      container,
      index,
      list: readServerList(text),
    }));
    const readable = read.flatMap((one) => (one.list ? [{ ...one, list: one.list }] : []));
    if (readable.length < read.length)
      return leaveAlone(
        `the value of ${[...variables].join(' or ')} does not have the form that Kelos writes`,
        'report this to Sallyport, with the version of Kelos',
      );
    const called = new Set(
      readable.flatMap(({ list }) =>
        [...list.entries].flatMap(([name, entry]) => (isRemote(entry) ? [name] : [])),
      ),
    );
    if (called.size === 0) return skipped('no-servers');

    const known = yield* agentServers(workload, kinds);
    if (known.kind !== 'agent-servers') return known;
    const wholeSecrets = [...known.servers].flatMap(([name, server]) =>
      called.has(name) ? server.headerSecrets.map(({ source }) => source) : [],
    );
    const keys = yield* facts(wholeSecrets);

    const chosen = new Map<string, { readonly server: McpServer; readonly without: ReadonlySet<string> }>();
    for (const { list } of readable)
      for (const [name, entry] of list.entries) {
        if (!isRemote(entry)) continue;
        const judged = judge(name, entry, known.servers.get(name), keys);
        if (judged.kind === 'left') return judged;
        if (judged.server) chosen.set(name, { server: judged.server, without: judged.without });
      }
    if (chosen.size === 0) return skipped('no-credential');
    const servers = [...chosen].map(([name, { server }]): ChosenServer => ({ name, server }));
    const change = (planned: readonly PlannedServer[]) =>
      new Map(
        planned.map(({ name, url }): [string, EntryChange] => [
          name,
          { url, without: chosen.get(name)?.without ?? new Set() },
        ]),
      );
    const declaredServers = [...chosen.keys()].flatMap((name) => known.servers.get(name) ?? []);
    return {
      kind: 'servers',
      servers,
      declaredServers,
      delivery: throughServerList(workload.pod, readable, change),
    };
  },

  sameVariable(name, before, after, upstreams) {
    const [old, fresh] = [readServerList(before), readServerList(after)];
    if (!variables.has(name) || !old || !fresh) return false;
    if (!isDeepStrictEqual([...old.entries.keys()], [...fresh.entries.keys()])) return false;
    return [...fresh.entries].every(([server, entry]) =>
      sameEntry(old.entries.get(server) ?? {}, entry, upstreams.get(server)),
    );
  },
};

interface Written {
  readonly container: Container;
  /** Of the variable in its env. */
  readonly index: number;
  readonly text: string;
}

/** By the variable and not by the container's name, which was another one in each age of Kelos. */
function lists(pod: Fields): Written[] {
  return containersOf(pod).flatMap((container) => {
    const env = container.fields['env'];
    const entries: readonly unknown[] = Array.isArray(env) ? env : [];
    return entries.flatMap((entry, index) =>
      variables.has(textAt(entry, 'name')) && textAt(entry, 'value') !== ''
        ? [{ container, index, text: textAt(entry, 'value') }]
        : [],
    );
  });
}

/** Each header that Kelos wrote into a pod template. */
export function writtenHeaders(
  pod: Fields,
): { readonly server: string; readonly header: string; readonly value: string }[] {
  return lists(pod).flatMap(({ text }) =>
    [...(readServerList(text)?.entries ?? [])].flatMap(([server, entry]) => {
      const { headers } = entry;
      if (!isFields(headers)) return [];
      return Object.entries(headers).flatMap(([header, value]) =>
        typeof value === 'string' ? [{ server, header, value }] : [],
      );
    }),
  );
}

function throughServerList(
  pod: Fields,
  written: readonly { readonly container: Container; readonly index: number; readonly list: ServerList }[],
  changes: (servers: readonly PlannedServer[]) => ReadonlyMap<string, EntryChange>,
): Delivery {
  return {
    volumes: [],
    annotations: [],
    sidecarAt: afterOwnSteps(pod),
    toApp(additions, servers) {
      const called = servers.map(({ name }) => name).join(', ');
      for (const { container, index, list } of written) {
        const name = textAt(listAt(container.fields, 'env')[index], 'name');
        additions.rewrite(
          pointer('spec', container.list, container.index, 'env', index, 'value'),
          list.with(changes(servers)),
          `container ${container.name}: ${name} calls ${called} through the proxy, without credentials`,
        );
      }
      // Afterwards, since it moves the entries of a container.
      return [...new Set(written.map(({ container }) => container.fields))].flatMap((fields) => {
        const own = written.find(({ container }) => container.fields === fields);
        return own ? exemptLoopback(additions, own.container, 0) : [];
      });
    },
  };
}

function afterOwnSteps(pod: Fields): number {
  const steps = containersOf(pod).filter(({ list }) => list === 'initContainers');
  return steps.findLastIndex(({ name }) => ownSteps.has(name)) + 1;
}
