import { describe, expect, it } from 'vitest';
import { coverageOf, type KindCoverage } from '../../src/core/schemas/coverage.ts';
import { inGroup } from '../../src/core/model.ts';
import { fieldReasons } from '../../src/core/schemas/credential-fields.ts';
import { readDefinition } from '../../src/core/schemas/definition.ts';
import { descriptions } from '../kinds/described-paths.ts';
import { hasUpstream, upstreamDefinitions } from './folder.ts';

/** Described kinds whose definition is in no folder of SALLYPORT_UPSTREAM, with the reason. */
const withoutDefinition: Readonly<Record<string, string>> = {
  ConfigMap: 'a built-in kind of Kubernetes',
  'AIAgentConfig.ai.cattle.io': 'its repository has no licence',
  'MCPServer.deployments.plural.sh': 'its licence does not permit a copy of the definition',
  'ModelProviderConfig.api.kagent.dev':
    'no published definition; only the documentation of kagent 1.x has it',
  'WebhookGateway.kelos.dev': 'newer than the collected release of Kelos',
  'AgentConfig.axon.io': 'Axon is the former name of Kelos, and its releases were not collected',
  'Task.axon.io': 'Axon is the former name of Kelos, and its releases were not collected',
  'TaskSpawner.axon.io': 'Axon is the former name of Kelos, and its releases were not collected',
  'Workspace.axon.io': 'Axon is the former name of Kelos, and its releases were not collected',
};

const { kinds } = coverageOf(
  upstreamDefinitions()
    .map(({ definition }) => readDefinition(definition))
    .filter((definition) => definition !== undefined),
  [...descriptions.values()],
);
const fileOf = ({ kind, group }: KindCoverage) =>
  [...descriptions].find(([, one]) => one.kind === kind && one.group === group)?.[0];

/** What a person has to do, one line for each field. */
const toDo = (one: KindCoverage): string =>
  [
    ...one.unread.map(({ path, reason }) => `${path}: ${fieldReasons[reason]}`),
    ...one.unknownVersions.map((version) => `${version}: served, and not in versions`),
    ...one.unchecked.map((version) => `${version}: the schema is too large to be read to its end`),
    ...one.uselessReviews.map((path) => `${path}: reviewed, but no release has it unread`),
  ]
    .map(
      (line) => `src/core/kinds/${fileOf(one)}.yaml: ${line}. Read it, or add it to reviewed with a reason.`,
    )
    .join('\n');

describe.skipIf(!hasUpstream)('every field that can hold a credential', () => {
  const described = kinds.filter(({ family }) => family !== undefined);

  it.each(described.map((one) => [inGroup(one.kind, one.group), one] as const))(
    'is read or reviewed in %s',
    (_, one) => {
      expect(toDo(one)).toBe('');
    },
  );

  it('is compared for every described kind except those without a definition', () => {
    const compared = new Set(described.map(({ kind, group }) => inGroup(kind, group)));
    const others = [...descriptions.values()]
      .map(({ kind, group }) => inGroup(kind, group))
      .filter((name) => !compared.has(name));
    expect(others.toSorted()).toEqual(Object.keys(withoutDefinition).toSorted());
  });
});
