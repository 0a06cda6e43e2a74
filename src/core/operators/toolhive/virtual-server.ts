import { notLookedUp } from '../../facts.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../../k8s/objects.ts';
import { skipped } from '../../inject/skip-reasons.ts';
import type { Kinds } from '../../kinds/index.ts';
import type { Header, McpServer } from '../../model.ts';
import { valueAt } from '../../text-document.ts';
import { objects, type Queries } from '../queries.ts';
import { leaveAlone, reportDefect, type Extraction, type Workload } from '../operator-adapter.ts';
import { unread } from '../owner-chain.ts';
import { throughOwnConfig } from './delivery.ts';
import { carriesHeader, entryVariables } from './header-variables.ts';
import { ownConfig } from './own-config.ts';
import { changing, needsProxy } from './servers.ts';

const place = {
  container: 'vmcp',
  mountPath: '/etc/vmcp-config',
  file: 'config.yaml',
  format: 'yaml',
} as const;

/** A backend of the configuration that stands for an MCPServerEntry. */
interface Backend {
  readonly at: readonly [string, number];
  readonly name: string;
  readonly url: string;
}

/** The pod of a VirtualMCPServer: one program that calls the backends of its config.yaml, where they are in it. */
export function* virtualServer(workload: Workload, maker: Fields, kinds: Kinds): Queries<Extraction> {
  const name = textAt(fieldsAt(maker, 'metadata'), 'name');
  const source = textAt(fieldsAt(fieldsAt(maker, 'spec'), 'outgoingAuth'), 'source');
  if (source !== 'inline') return discovered(workload, name);
  const config = yield* ownConfig(workload, place);
  if (config.kind !== 'config') return config;
  const { own, document } = config;
  const backends = entryBackends(document.value);

  const kind = kinds.find('toolhive.stacklok.dev', 'MCPServerEntry');
  if (!kind) return leaveAlone('Sallyport has no description of the kind MCPServerEntry', reportDefect);
  const { namespace } = workload;
  const found = yield* objects(backends.map((backend) => ({ ...kind, namespace, name: backend.name })));
  const chosen: { readonly backend: Backend; readonly described: McpServer }[] = [];
  const variables: number[] = [];
  for (const [i, backend] of backends.entries()) {
    const entry = found[i] ?? notLookedUp;
    if (entry.state !== 'present') return unread(`the backend MCPServerEntry ${backend.name}`, entry);
    const described = kind.read(entry.object, entry.ref).servers.find(({ role }) => role === 'server');
    if (!described || !needsProxy(described)) continue;
    if (described.url?.value.is(backend.url) !== true)
      return leaveAlone(`the url in ${place.file} differs from MCPServerEntry ${backend.name}`, changing);
    const ownVariables = entryVariables(own.container, described);
    if (!ownVariables)
      return leaveAlone(
        `the headers in the environment of the pod differ from MCPServerEntry ${backend.name}`,
        changing,
      );
    variables.push(...ownVariables);
    chosen.push({ backend, described });
  }
  if (chosen.length === 0) return skipped('no-credential', `VirtualMCPServer ${name}`);

  const at = new Map(chosen.map(({ backend }) => [backend.name, backend]));
  const delivery = throughOwnConfig(own, variables, ({ name: server, url }) => {
    const backend = at.get(server);
    if (!backend) throw new Error('a server that is no backend was planned');
    return {
      server,
      seen: [
        { at: [...backend.at, 'name'], value: server },
        { at: [...backend.at, 'url'], value: backend.url },
      ],
      set: [{ at: [...backend.at, 'url'], value: url }],
      // The proxy speaks TLS to the upstream, with that CA; to the proxy nobody does.
      remove: [[...backend.at, 'caBundlePath']],
    };
  });
  return {
    kind: 'servers',
    servers: chosen.map(({ described }) => ({ name: described.name, server: added(described) })),
    declaredServers: chosen.map(({ described }) => described),
    delivery,
  };
}

function discovered({ pod }: Workload, name: string): Extraction {
  const env = listAt(fieldsAt(pod, 'spec'), 'containers').flatMap((container) => listAt(container, 'env'));
  if (!env.some((entry) => carriesHeader(textAt(entry, 'name'))))
    return skipped('no-credential', `VirtualMCPServer ${name}`);
  return leaveAlone(
    `VirtualMCPServer ${name} reads its backends from the API server (spec.outgoingAuth.source: discovered), so they are not in its pod`,
    'set spec.outgoingAuth.source: inline, put an MCPRemoteProxy before each MCPServerEntry, or give its pod a forward listener, as docs/operators.md describes',
  );
}

function entryBackends(config: unknown): Backend[] {
  const backends = valueAt(config, ['backends']);
  const list: readonly unknown[] = Array.isArray(backends) ? backends : [];
  return list.flatMap((backend, i) =>
    valueAt(backend, ['metadata', 'workload_type']) === 'server_entry'
      ? [{ at: ['backends', i], name: textAt(backend, 'name'), url: textAt(backend, 'url') }]
      : [],
  );
}

/**
 * What the proxy adds: all of it, since one variable of the operator's holds the plain text too. ToolHive leaves a
 * header alone that the request has already, and its own authentication writes over both. A User-Agent every request
 * has by the time it reaches us: Go adds one where ToolHive set none.
 */
const added = (described: McpServer): McpServer => ({
  ...described,
  headers: described.headers.map((header): Header => {
    const addedByGo = header.name.toLowerCase() === 'user-agent';
    return { ...header, conflict: addedByGo ? 'override' : 'keep' };
  }),
});
