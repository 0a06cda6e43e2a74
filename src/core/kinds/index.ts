import { inGroup } from '../model.ts';
import { isAlwaysCovered } from './always-covered.ts';
import { kindDescription, type KindDescription } from './description.ts';
import { compileKind, type Kind } from './reader.ts';
import apiAgent from './agent.api.kagent.dev.yaml';
import { withPodTemplates } from './records/pod-template.ts';
import kagentAgent from './agent.kagent.dev.yaml';
import axonAgentConfig from './agentconfig.axon.io.yaml';
import agentConfig from './agentconfig.kelos.dev.yaml';
import agentgatewayBackend from './agentgatewaybackend.agentgateway.dev.yaml';
import agentgatewayModel from './agentgatewaymodel.agentgateway.dev.yaml';
import agentgatewayParameters from './agentgatewayparameters.agentgateway.dev.yaml';
import agentgatewayPolicy from './agentgatewaypolicy.agentgateway.dev.yaml';
import apiAgentTemplate from './agenttemplate.api.kagent.dev.yaml';
import kongAgent from './aigatewayagent.konnect.konghq.com.yaml';
import kongServer from './aigatewaymcpserver.konnect.konghq.com.yaml';
import agentHarness from './agentharness.kagent.dev.yaml';
import envoyBackendSecurity from './backendsecuritypolicy.aigateway.envoyproxy.io.yaml';
import embeddingServer from './embeddingserver.toolhive.stacklok.dev.yaml';
import apiHarness from './harness.api.kagent.dev.yaml';
import mcpAuthzConfig from './mcpauthzconfig.toolhive.stacklok.dev.yaml';
import mcpExternalAuthConfig from './mcpexternalauthconfig.toolhive.stacklok.dev.yaml';
import kuadrantExtension from './mcpgatewayextension.mcp.kuadrant.io.yaml';
import mcpOidcConfig from './mcpoidcconfig.toolhive.stacklok.dev.yaml';
import mcpRegistry from './mcpregistry.toolhive.stacklok.dev.yaml';
import mcpRemoteProxy from './mcpremoteproxy.toolhive.stacklok.dev.yaml';
import envoyRoute from './mcproute.aigateway.envoyproxy.io.yaml';
import daprServer from './mcpserver.dapr.io.yaml';
import kmcpServer from './mcpserver.kagent.dev.yaml';
import llmkubeAgent from './agent.foreman.llmkube.dev.yaml';
import sympoziumAgent from './agent.sympozium.ai.yaml';
import sympoziumServer from './mcpserver.sympozium.ai.yaml';
import arkServer from './mcpserver.ark.mckinsey.com.yaml';
import rancherAgentConfig from './aiagentconfig.ai.cattle.io.yaml';
import pluralServer from './mcpserver.deployments.plural.sh.yaml';
import lifecycleServer from './mcpserver.mcp.x-k8s.io.yaml';
import toolhiveServer from './mcpserver.toolhive.stacklok.dev.yaml';
import mcpServerEntry from './mcpserverentry.toolhive.stacklok.dev.yaml';
import kuadrantRegistration from './mcpserverregistration.mcp.kuadrant.io.yaml';
import mcpTelemetryConfig from './mcptelemetryconfig.toolhive.stacklok.dev.yaml';
import mcpWebhookConfig from './mcpwebhookconfig.toolhive.stacklok.dev.yaml';
import memory from './memory.kagent.dev.yaml';
import apiModelConfig from './modelconfig.api.kagent.dev.yaml';
import modelConfig from './modelconfig.kagent.dev.yaml';
import apiModelProviderConfig from './modelproviderconfig.api.kagent.dev.yaml';
import modelProviderConfig from './modelproviderconfig.kagent.dev.yaml';
import apiRemoteMcpServer from './remotemcpserver.api.kagent.dev.yaml';
import remoteMcpServer from './remotemcpserver.kagent.dev.yaml';
import sandboxAgent from './sandboxagent.kagent.dev.yaml';
import olsConfig from './olsconfig.ols.openshift.io.yaml';
import agenticRun from './agenticrun.agentic.openshift.io.yaml';
import llmProvider from './llmprovider.agentic.openshift.io.yaml';
import agenticToolGateway from './toolgateway.runtime.agentic-layer.ai.yaml';
import agenticToolServer from './toolserver.runtime.agentic-layer.ai.yaml';
import agenticToolRoute from './toolroute.runtime.agentic-layer.ai.yaml';
import agenticAgent from './agent.runtime.agentic-layer.ai.yaml';
import agenticAiGateway from './aigateway.runtime.agentic-layer.ai.yaml';
import agenticAgentGateway from './agentgateway.runtime.agentic-layer.ai.yaml';
import agenticGuardrailProvider from './guardrailprovider.runtime.agentic-layer.ai.yaml';
import sandbox from './sandbox.agents.x-k8s.io.yaml';
import sandboxClaim from './sandboxclaim.extensions.agents.x-k8s.io.yaml';
import sandboxTemplate from './sandboxtemplate.extensions.agents.x-k8s.io.yaml';
import apiSandboxTemplate from './sandboxtemplate.api.kagent.dev.yaml';
import session from './session.kelos.dev.yaml';
import sessionSpawner from './sessionspawner.kelos.dev.yaml';
import axonTask from './task.axon.io.yaml';
import task from './task.kelos.dev.yaml';
import taskSpawner from './taskspawner.kelos.dev.yaml';
import toolServer from './toolserver.kagent.dev.yaml';
import serverConfigMap from './configmap.yaml';
import virtualMcpServer from './virtualmcpserver.toolhive.stacklok.dev.yaml';
import webhookGateway from './webhookgateway.kelos.dev.yaml';
import workerPool from './workerpool.kelos.dev.yaml';
import axonTaskSpawner from './taskspawner.axon.io.yaml';
import axonWorkspace from './workspace.axon.io.yaml';
import workspace from './workspace.kelos.dev.yaml';

const builtIn: readonly unknown[] = [
  mcpRemoteProxy,
  mcpServerEntry,
  remoteMcpServer,
  kmcpServer,
  agentConfig,
  axonAgentConfig,
  virtualMcpServer,
  toolhiveServer,
  mcpExternalAuthConfig,
  mcpOidcConfig,
  mcpTelemetryConfig,
  mcpAuthzConfig,
  mcpWebhookConfig,
  embeddingServer,
  mcpRegistry,
  kagentAgent,
  sandboxAgent,
  modelConfig,
  modelProviderConfig,
  agentHarness,
  toolServer,
  memory,
  apiRemoteMcpServer,
  apiAgent,
  apiAgentTemplate,
  apiHarness,
  apiSandboxTemplate,
  apiModelConfig,
  apiModelProviderConfig,
  taskSpawner,
  task,
  session,
  sessionSpawner,
  webhookGateway,
  workerPool,
  workspace,
  axonTask,
  axonTaskSpawner,
  axonWorkspace,
  daprServer,
  lifecycleServer,
  llmkubeAgent,
  sympoziumAgent,
  sympoziumServer,
  arkServer,
  rancherAgentConfig,
  pluralServer,
  kuadrantRegistration,
  kuadrantExtension,
  envoyRoute,
  envoyBackendSecurity,
  sandbox,
  sandboxTemplate,
  sandboxClaim,
  kongServer,
  kongAgent,
  agentgatewayBackend,
  agentgatewayModel,
  agentgatewayPolicy,
  agentgatewayParameters,
  olsConfig,
  agenticRun,
  llmProvider,
  agenticToolGateway,
  agenticToolServer,
  agenticToolRoute,
  agenticAgent,
  agenticAiGateway,
  agenticAgentGateway,
  agenticGuardrailProvider,
  serverConfigMap,
];

/** The kinds one installation knows: ours and a team's own. */
export interface Kinds {
  readonly all: readonly Kind[];
  find(group: string, kind: string): Kind | undefined;
  /**
   * The kinds that a pod means by this word, such as `mcpserver`, and group. Without a group these are the kinds that every
   * installation covers and a team's own: the word alone must not look a server up in every other system.
   */
  called(word: string, group?: string): readonly Kind[];
  /** The kinds with this word that a pod must name with their group. */
  inOtherGroups(word: string): readonly Kind[];
}

let parsed: readonly KindDescription[] | undefined;

/** Built-in kinds, then a team's own, as they are written. */
export const writtenKinds = (own: readonly KindDescription[] = []): readonly KindDescription[] => [
  ...(parsed ??= builtIn.map((one) => kindDescription.parse(one))),
  ...own,
];

const complete = new WeakMap<KindDescription, KindDescription>();

/** The same, with the records that their pod templates stand for. */
export const describedKinds = (own: readonly KindDescription[] = []): readonly KindDescription[] =>
  writtenKinds(own).map((one) => {
    const described = complete.get(one) ?? withPodTemplates(one);
    complete.set(one, described);
    return described;
  });

/** By description and namespace of its operator: no description changes. */
const compiled = new WeakMap<KindDescription, Map<string | undefined, Kind>>();

function compiledOnce(described: KindDescription, operatorNamespace: string | undefined): Kind {
  const byNamespace = compiled.get(described) ?? new Map<string | undefined, Kind>();
  compiled.set(described, byNamespace);
  const kind = byNamespace.get(operatorNamespace) ?? compileKind(described, operatorNamespace);
  byNamespace.set(operatorNamespace, kind);
  return kind;
}

export function compileKinds(
  own: readonly KindDescription[] = [],
  operatorNamespaces: Readonly<Record<string, string>> = {},
): Kinds {
  const chosen = new Map(Object.entries(operatorNamespaces));
  const all = describedKinds(own).map((one) =>
    compiledOnce(one, chosen.get(one.family) ?? one.operatorNamespace),
  );
  const byName = new Map(all.map((kind) => [inGroup(kind.kind, kind.group), kind]));
  const ofTeam = all.length - own.length;
  const byWord = new Map<string, Kind[]>();
  const withGroup = new Map<string, Kind[]>();
  for (const [i, kind] of all.entries()) {
    if (!kind.injectable) continue;
    for (const word of kind.words) {
      append(byWord, inGroup(word, kind.group), kind);
      if (kind.group === '') continue;
      append(i >= ofTeam || isAlwaysCovered(kind) ? byWord : withGroup, word, kind);
    }
  }
  return {
    all,
    find: (group, kind) => byName.get(inGroup(kind, group)),
    called: (word, group) => byWord.get(inGroup(word, group ?? '')) ?? [],
    inOtherGroups: (word) => withGroup.get(word) ?? [],
  };
}

function append(map: Map<string, Kind[]>, word: string, kind: Kind): void {
  map.set(word, [...(map.get(word) ?? []), kind]);
}
