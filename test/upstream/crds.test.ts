import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { describedPaths, descriptions, pluralName } from '../kinds/described-paths.ts';
import { hasUpstream, upstreamFiles, upstreamText } from './folder.ts';

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

/** Kinds whose CRD is not in the folder. */
const withoutCrd: Readonly<Record<string, string>> = {
  'agentconfigs.axon.io': 'Axon was renamed to Kelos; clusters that never upgraded still have it',
  'tasks.axon.io': 'Axon was renamed to Kelos',
  'workspaces.axon.io': 'Axon was renamed to Kelos',
  'sessionspawners.kelos.dev': 'newer than the definitions in the folder',
  configmaps: 'of the core group; what stands in server.yaml is our own form',
};

/** Versions the CRDs of the folder do not serve. */
const knownExtras: Readonly<Record<string, Readonly<Record<string, string>>>> = Object.fromEntries(
  ['remotemcpservers', 'sandboxagents', 'modelconfigs', 'modelproviderconfigs', 'agentharnesses'].map(
    (plural) => [`${plural}.kagent.dev`, { v1alpha3: "served by kagent's main branch" }],
  ),
);

/** Paths the CRDs of the folder do not have. */
const knownPaths: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'mcpremoteproxies.toolhive.stacklok.dev': {
    'spec.remoteURL': 'the spelling before ToolHive 0.19',
    'spec.oidcConfig': 'inline before MCPOIDCConfig, served through ToolHive 0.20',
  },
  'mcpserverentries.toolhive.stacklok.dev': { 'spec.remoteURL': 'the spelling before ToolHive 0.19' },
  'modelconfigs.kagent.dev': { 'spec.foundry.endpoint': "a provider of kagent's main branch" },
};

const crds = upstreamFiles('crds', '.yaml')
  .flatMap((file) => parseAllDocuments(upstreamText(file)).map((document) => document.toJS() as Crd | null))
  .filter((crd) => crd !== null);

const described = [...descriptions.values()].map((description) => ({
  title: pluralName(description),
  description,
  crd: crds.find(({ spec }) => spec.group === description.group && spec.names.kind === description.kind),
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

describe.skipIf(!hasUpstream)('a description and the CRD it describes', () => {
  it.each(described)('are both there for $title, or the reason is known', ({ title, crd }) => {
    expect(crd === undefined).toBe(title in withoutCrd);
  });

  const pairs = described.flatMap(({ title, description, crd }) =>
    crd ? [{ title, description, crd }] : [],
  );

  it.each(pairs)('agree on the words for $title', ({ description, crd }) => {
    const { plural, shortNames = [] } = crd.spec.names;
    expect(description.plural).toBe(plural);
    expect(description.shortNames.toSorted()).toEqual(shortNames.toSorted());
  });

  it.each(pairs)('agree on the served versions of $title', ({ title, description, crd }) => {
    const served = crd.spec.versions.filter((version) => version.served).map(({ name }) => name);
    const extras = Object.keys(knownExtras[title] ?? {});
    expect(description.versions.toSorted()).toEqual([...served, ...extras].toSorted());
    expect(served.filter((version) => extras.includes(version))).toEqual([]);
  });

  it.each(pairs)(
    'agree on the fields of $title, in every version that is read',
    ({ title, description, crd }) => {
      const missing = new Set<string>();
      for (const { steps, expects, versions } of describedPaths(description)) {
        // The API server knows metadata without a schema.
        if (steps[0] === 'metadata') continue;
        for (const { name, schema } of crd.spec.versions.filter((version) =>
          versions.includes(version.name),
        )) {
          const found = schemaAt(schema.openAPIV3Schema, steps);
          const path = steps.join('.').replaceAll(/\.(\[\]|\{\})/g, '$1');
          if (!found) missing.add(path);
          else if (!isOpen(found)) expect(types[expects], `${path} in ${name}`).toContain(found.type);
        }
      }
      expect([...missing]).toEqual(Object.keys(knownPaths[title] ?? {}));
    },
  );
});
