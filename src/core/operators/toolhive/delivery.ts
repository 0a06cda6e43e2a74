import type { ConfigEntry } from '../../contracts/config-step-contract.ts';
import type { OwnConfig } from '../../inject/config-step.ts';
import type { Delivery, PlannedServer } from '../../inject/plan.ts';

/** ToolHive's program calls what its configuration says; what its variables brought, the proxy adds. */
export const throughOwnConfig = (
  own: OwnConfig,
  /** Of variables with headers, among the container's. */
  variables: readonly number[],
  entry: (server: PlannedServer) => ConfigEntry,
): Delivery => ({
  volumes: [],
  annotations: [],
  sidecarAt: 0,
  config: { own, entries: (servers) => servers.map(entry) },
  toApp(additions) {
    additions.withoutVariables(
      own.container,
      variables,
      (name) => `container ${own.container.name}: without ${name}, which the proxy adds`,
    );
    // It never sends what is for 127.0.0.1 through an HTTP proxy: Go leaves loopback out by itself.
    return [];
  },
});
