import { podAnnotations } from '../annotations.ts';
import { urlVariable } from '../names.ts';
import { containersOf, type Container, type Fields } from '../k8s/objects.ts';
import { forwardVariables } from './forward.ts';
import { mcpConfigText } from './mcp-config.ts';
import type { Delivery } from './plan.ts';
import { exemptLoopback } from './proxy-variables.ts';
import type { Selection } from './select.ts';
import { sidecarName } from './sidecar.ts';
import { mcpConfigVolume } from './volumes.ts';

const mcpConfigDir = '/var/run/sallyport';

/** Containers of meshes: they carry traffic, they do not call MCP servers. */
const meshContainers = new Set([
  'istio-proxy',
  'istio-init',
  'istio-validation',
  'linkerd-proxy',
  'linkerd-init',
  'linkerd-network-validator',
]);

/** A labelled pod's app is told in its environment, and in an mcp.json. */
export function throughEnvironment(pod: Fields, { containers }: Pick<Selection, 'containers'>): Delivery {
  const config = mcpConfigVolume(podAnnotations.mcpConfig);
  const mount = { name: config.name, mountPath: mcpConfigDir, readOnly: true };
  const told = (container: Container) =>
    container.name !== sidecarName &&
    !meshContainers.has(container.name) &&
    (containers?.has(container.name) ?? true);
  return {
    volumes: [{ volume: config.volume, explain: `volume ${config.name}: the app's mcp.json` }],
    sidecarAt: 0,
    toApp(additions, servers, forwardPort) {
      const variables = [
        { name: 'SALLYPORT_MCP_CONFIG', value: `${mcpConfigDir}/mcp.json` },
        ...servers.map(({ name, url }) => ({ name: urlVariable(name), value: escaped(url) })),
      ];
      return containersOf(pod)
        .filter(told)
        .flatMap((container) => {
          const forward = forwardPort === undefined ? undefined : forwardVariables(container, forwardPort);
          const all = [...variables, ...(forward?.variables ?? [])];
          const added = additions.environment(container, all, `container ${container.name}: env`);
          additions.mount(
            container,
            mount,
            `container ${container.name}: mcp.json at ${mcpConfigDir}/mcp.json`,
          );
          return [...(forward?.told ?? []), ...exemptLoopback(additions, container, added)];
        });
    },
    annotations: [
      {
        key: podAnnotations.mcpConfig,
        value: (servers) => mcpConfigText(servers.map(({ config: server }) => server)),
        explain: `annotation ${podAnnotations.mcpConfig}: what the app reads as mcp.json`,
      },
    ],
  };
}

/** kubelet reads `$$` as a dollar and `$(X)` as a variable. */
const escaped = (value: string) => value.replaceAll('$', '$$$$');
