import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import type { KubernetesObject } from '../../src/files/documents.ts';

const kinds = compileKinds();

const older = 'a form that only older releases accept';
const one = 'every field is in one example, and the newest release does not take them together';
const refused = 'what is wrong with it is refused by the schema of the newest release too';

/**
 * Examples that the newest definitions refuse before the webhook is called, or store without the fields that only older releases
 * have. Unit tests check what is found in them.
 */
export const unfitForNewest: Readonly<Record<string, string>> = {
  'agentgatewaybackends.agentgateway.dev proxied': refused,
  'agentgatewaypolicies.agentgateway.dev services': refused,
  'mcpexternalauthconfigs.toolhive.stacklok.dev login': one,
  'mcpgatewayextensions.mcp.kuadrant.io tools': refused,
  'mcpregistries.toolhive.stacklok.dev older': older,
  'mcpregistries.toolhive.stacklok.dev oldest': older,
  'mcpregistries.toolhive.stacklok.dev oldest-forge': older,
  'mcpregistries.toolhive.stacklok.dev oldest-local': older,
  'mcpregistries.toolhive.stacklok.dev oldest-reference': older,
  'mcpregistries.toolhive.stacklok.dev oldest-upstream': older,
  'mcpremoteproxies.toolhive.stacklok.dev dangling': one,
  'mcpremoteproxies.toolhive.stacklok.dev older': older,
  'mcpremoteproxies.toolhive.stacklok.dev older-elsewhere': older,
  'mcpserverentries.toolhive.stacklok.dev a.b.c': older,
  'mcpserverentries.toolhive.stacklok.dev returns': older,
  'mcpserverregistrations.mcp.kuadrant.io orders': refused,
  'mcpservers.toolhive.stacklok.dev dangling': one,
  'mcpservers.toolhive.stacklok.dev older': older,
  'mcpservers.toolhive.stacklok.dev older-elsewhere': older,
  'sandboxagents.kagent.dev office': older,
  'sessionspawners.kelos.dev mentions': one,
  'taskspawners.kelos.dev older-volumes': older,
  'taskspawners.kelos.dev pooled': one,
  'tasks.kelos.dev pooled': 'it refers to a WorkerPool that is refused',
  'virtualmcpservers.toolhive.stacklok.dev dangling': one,
  'virtualmcpservers.toolhive.stacklok.dev everything': one,
  'virtualmcpservers.toolhive.stacklok.dev older': older,
  'virtualmcpservers.toolhive.stacklok.dev older-elsewhere': older,
  'virtualmcpservers.toolhive.stacklok.dev older-file': older,
  'virtualmcpservers.toolhive.stacklok.dev older-search': older,
  'virtualmcpservers.toolhive.stacklok.dev older-service-account': older,
  'workerpools.kelos.dev pool': one,
};

/** `plural.group name`, as the keys above. */
export function keyOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const { group } = splitApiVersion(apiVersion);
  const plural = kinds.find(group, kind)?.plural ?? '';
  return `${plural}.${group} ${String(metadata?.name)}`;
}

export const isSchemaError = (stderr: string): boolean => / is invalid: /.test(stderr);
