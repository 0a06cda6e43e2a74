import { fieldsAt, textAt } from '../../k8s/objects.ts';
import type { ChosenServer } from '../../inject/resolve.ts';
import { skipped } from '../../inject/skip-reasons.ts';
import type { McpServer } from '../../model.ts';
import type { Queries } from '../queries.ts';
import { leaveAlone, type Extraction, type Workload } from '../operator-adapter.ts';
import { throughOwnConfig } from './delivery.ts';
import { secretVariables } from './header-variables.ts';
import { ownConfig } from './own-config.ts';
import { changing, needsProxy } from './servers.ts';

const place = {
  container: 'toolhive',
  mountPath: '/etc/runconfig',
  file: 'runconfig.json',
  format: 'json',
} as const;
const url = ['remote_url'];
const headers = ['header_forward', 'add_headers_from_secret'];

/** The pod of an MCPRemoteProxy: one program that forwards to `remote_url` of its runconfig.json. */
export function* remoteProxy(workload: Workload, described: McpServer): Queries<Extraction> {
  const { name } = described.owner;
  if (!needsProxy(described)) return skipped('no-credential', `MCPRemoteProxy ${name}`);
  const config = yield* ownConfig(workload, place);
  if (config.kind !== 'config') return config;
  const { own, document } = config;
  const remote = textAt(document.value, 'remote_url');
  if (described.url?.value.is(remote) !== true)
    return leaveAlone(
      `remote_url in ${place.file} differs from spec.remoteUrl of MCPRemoteProxy ${name}`,
      changing,
    );
  const identifiers = fieldsAt(document.value, 'header_forward')['add_headers_from_secret'];
  const variables = secretVariables(own.container, described, fieldsAt({ identifiers }, 'identifiers'));
  if (!variables)
    return leaveAlone(
      `the headers in ${place.file} or in the environment differ from MCPRemoteProxy ${name}`,
      changing,
    );
  const bearer = textAt(fieldsAt(document.value, 'remote_auth_config'), 'bearer_token') !== '';
  const server: ChosenServer = { name, server: added(described, bearer) };
  const delivery = throughOwnConfig(own, variables, (planned) => ({
    server: name,
    seen: [
      { at: url, value: remote },
      { at: headers, ...(identifiers === undefined ? {} : { value: identifiers }) },
    ],
    set: [{ at: url, value: planned.url }],
    remove: [headers],
  }));
  return { kind: 'servers', servers: [server], declaredServers: [described], delivery };
}

/**
 * What the proxy adds: plain text stays in the runner's own configuration. The runner writes headers from Secrets over
 * what its client sent, and the bearer token of an external auth over those.
 */
const added = (described: McpServer, bearer: boolean): McpServer => ({
  ...described,
  headers: described.headers.flatMap((header) => {
    if (header.source.kind === 'literal') return [];
    const kept = bearer && header.name.toLowerCase() === 'authorization';
    return [kept ? { ...header, conflict: 'keep' } : header];
  }),
});
