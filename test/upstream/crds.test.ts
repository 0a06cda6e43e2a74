import { describe, expect, it } from 'vitest';
import { describedPaths, descriptions, pluralName } from '../kinds/described-paths.ts';
import { hasUpstream, upstreamDefinitions } from './folder.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string; readonly shortNames?: string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** Fields of kagent 1.x that a branch has, and no definition in the folders. */
const draft = 'a draft in a branch of kagent';

/** Kinds whose CRD is in no folder. */
const withoutCrd: Readonly<Record<string, string>> = {
  'agentconfigs.axon.io': 'Axon was renamed to Kelos; clusters that never upgraded still have it',
  'tasks.axon.io': 'Axon was renamed to Kelos',
  'taskspawners.axon.io': 'Axon was renamed to Kelos',
  'webhookgateways.kelos.dev': "in a commit of Kelos' repository, and in no release",
  'workspaces.axon.io': 'Axon was renamed to Kelos',
  'modelproviderconfigs.api.kagent.dev': 'its definition is not published apart from the program',
  'aiagentconfigs.ai.cattle.io': 'its repository has no licence, so no copy of the definition is kept',
  'mcpservers.deployments.plural.sh': 'AGPL or a commercial licence: no copy of the definition is kept',
  configmaps: 'of the core group; what stands in server.yaml is our own form',
};

/** Versions that no release at hand serves. */
const knownExtras: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...Object.fromEntries(
    ['remotemcpservers', 'sandboxagents', 'modelconfigs', 'modelproviderconfigs', 'agentharnesses'].map(
      (plural) => [`${plural}.kagent.dev`, { v1alpha3: "served by kagent's main branch" }],
    ),
  ),
  'mcpservers.mcp.x-k8s.io': { v1beta1: "served by the operator's main branch" },
};

/** Paths that no release at hand has. */
const knownPaths: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'mcpremoteproxies.toolhive.stacklok.dev': {
    'spec.remoteURL': 'the spelling before ToolHive 0.19',
    'spec.oidcConfig': 'inline before MCPOIDCConfig, served through ToolHive 0.20',
    'spec.oidcConfig.*': 'inline before MCPOIDCConfig, served through ToolHive 0.20',
    'spec.telemetry.*': 'inline before MCPTelemetryConfig, served through ToolHive 0.20',
  },
  'mcpservers.toolhive.stacklok.dev': {
    'spec.oidcConfig.*': 'inline before MCPOIDCConfig, served through ToolHive 0.20',
    'spec.telemetry.*': 'inline before MCPTelemetryConfig, served through ToolHive 0.20',
  },
  'virtualmcpservers.toolhive.stacklok.dev': {
    'spec.incomingAuth.oidcConfig.*': 'inline before MCPOIDCConfig, served through ToolHive 0.20',
    'spec.telemetry.*': 'inline before MCPTelemetryConfig, served through ToolHive 0.20',
  },
  'mcpregistries.toolhive.stacklok.dev': {
    'spec.databaseConfig.*': 'before the configuration was one text, served through ToolHive 0.17',
    'spec.source.*': 'before there were several sources, served through ToolHive 0.6.6',
    'spec.registries[].*': 'before the configuration was one text, served through ToolHive 0.17',
    'spec.sources[].*': 'before the configuration was one text, served through ToolHive 0.17',
    'spec.authConfig.*': 'before the configuration was one text, served through ToolHive 0.17',
    'spec.telemetryConfig.*': 'before the configuration was one text, served through ToolHive 0.17',
  },
  'mcpserverentries.toolhive.stacklok.dev': { 'spec.remoteURL': 'the spelling before ToolHive 0.19' },
  'mcpservers.mcp.x-k8s.io': Object.fromEntries(
    [
      'spec.transport.tls.enabled',
      'spec.source.containerImage.imagePullSecrets[].name',
      'spec.gateway.configRef',
      'spec.transport.tls.caBundleSecret.name',
      'spec.transport.tls.insecureSkipVerify',
    ].map((field) => [field, "in the operator's main branch"]),
  ),
  'agents.api.kagent.dev': {
    'spec.template.skills[].source.git.credentialRef.name': draft,
    'spec.template.skills[].source.git.credentialRef.key': draft,
    'spec.template.skills[].source.git.credentialRef.optional': draft,
    'spec.template.plugins[].source.git.credentialRef.name': draft,
    'spec.template.plugins[].source.git.credentialRef.key': draft,
    'spec.template.plugins[].source.git.credentialRef.optional': draft,
  },
  'agenttemplates.api.kagent.dev': {
    'spec.skills[].source.git.authorizationFrom.name': draft,
    'spec.skills[].source.git.authorizationFrom.key': draft,
  },
  'harnesses.api.kagent.dev': {
    'spec.git.credentialSecretRef.name': draft,
    'spec.env[].credentialRef.url': draft,
    'spec.env[].credentialRef.header': draft,
    'spec.env[].credentialRef.name': draft,
    'spec.env[].credentialRef.key': draft,
  },
  'modelconfigs.api.kagent.dev': {
    'spec.anthropic.authMethod': "in kagent's API reference, newer than the definition",
  },
  'mcpservers.ark.mckinsey.com': Object.fromEntries(
    ['name', 'accessTokenKey'].map((field) => [
      `spec.authorization.tokenSecretRef.${field}`,
      'in newer releases than the one at hand',
    ]),
  ),
};

const crds = upstreamDefinitions().map(({ definition }) => definition as Crd);

const described = [...descriptions.values()].map((description) => ({
  title: pluralName(description),
  description,
  releases: crds.filter(
    ({ spec }) => spec.group === description.group && spec.names.kind === description.kind,
  ),
}));

/** The schema of what a schema leaves open. */
const anything: Schema = { 'x-kubernetes-preserve-unknown-fields': true };
const isOpen = (schema: Schema | undefined): boolean =>
  schema?.['x-kubernetes-preserve-unknown-fields'] === true && schema.properties === undefined;

/** The schema at a path, or `undefined` when the CRD has no such field. */
function schemaAt(root: Schema, steps: readonly string[]): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const step of steps) {
    if (isOpen(schema)) return anything;
    if (step === '[]') schema = schema?.items;
    else if (step === '{}')
      schema = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
    else schema = schema?.properties?.[step];
  }
  return schema;
}

const types: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  number: ['integer', 'number'],
  boolean: ['boolean'],
  anything: ['object', 'string', 'boolean', 'integer', 'array'],
};

/** Whether a path is below a known one, which ends in `.*`. */
const isBelow = (path: string, known: string): boolean =>
  known.endsWith('.*') && path.startsWith(known.slice(0, -1));

describe.skipIf(!hasUpstream)('a description and the releases of the CRD it describes', () => {
  it.each(described)('are both there for $title, or the reason is known', ({ title, releases }) => {
    expect(releases.length === 0).toBe(title in withoutCrd);
  });

  const pairs = described.filter(({ releases }) => releases.length > 0);

  it.each(pairs)('agree on the words for $title', ({ description, releases }) => {
    expect([...new Set(releases.map(({ spec }) => spec.names.plural))]).toEqual([description.plural]);
    const shortNames = new Set(releases.flatMap(({ spec }) => spec.names.shortNames ?? []));
    expect(description.shortNames.toSorted()).toEqual([...shortNames].toSorted());
  });

  it.each(pairs)(
    'agree on the versions of $title that a release serves',
    ({ title, description, releases }) => {
      const served = new Set(
        releases.flatMap(({ spec }) =>
          spec.versions.filter((version) => version.served).map(({ name }) => name),
        ),
      );
      const extras = Object.keys(knownExtras[title] ?? {});
      expect(description.versions.toSorted()).toEqual([...served, ...extras].toSorted());
    },
  );

  it.each(pairs)(
    'agree on the fields of $title: each is in some release of every version that is read',
    ({ title, description, releases }) => {
      const missing = new Set<string>();
      const known = Object.keys(knownPaths[title] ?? {});
      const described = describedPaths(description).map(({ steps }) => steps.join('.'));
      for (const { steps, expects, versions, inPodTemplate } of describedPaths(description)) {
        // The API server knows metadata without a schema. Some systems take a part of a pod.
        if (steps[0] === 'metadata' || inPodTemplate) continue;
        const path = steps.join('.').replaceAll(/\.(\[\]|\{\})/g, '$1');
        for (const version of versions) {
          const schemas = releases
            .flatMap(({ spec }) => spec.versions)
            .filter(({ name }) => name === version)
            .map(({ schema }) => schema.openAPIV3Schema);
          // A version without a release has a reason above.
          if (schemas.length === 0) continue;
          const found = schemas
            .map((schema) => schemaAt(schema, steps))
            .filter((schema) => schema !== undefined);
          if (found.length === 0) missing.add(known.find((one) => isBelow(path, one)) ?? path);
          // A text in older releases, an object in newer ones: both are described.
          const goesOn = described.some((one) => one.startsWith(`${steps.join('.')}.`));
          const right = [...(types[expects] ?? []), ...(goesOn ? ['object'] : [])];
          for (const schema of found)
            if (!isOpen(schema)) expect(right, `${path} in ${version}`).toContain(schema.type);
        }
      }
      expect([...missing].toSorted()).toEqual(known.toSorted());
    },
  );
});
