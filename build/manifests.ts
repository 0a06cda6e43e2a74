import { stringify } from 'yaml';
import { z } from 'zod';
import { configurationSchema } from '../src/core/configuration.ts';
import { admissionRole, watcherRole, type RoleRule } from '../src/core/service-accounts.ts';
import { floorDocuments } from '../src/core/floor/index.ts';
import { notCovered } from '../src/core/floor/not-covered.ts';
import { describedKinds } from '../src/core/kinds/index.ts';
import { selectedByAnOperator } from './operators.ts';

/**
 * The parts of the chart that follow from kinds, families and configuration. They are files of the repository, so that
 * Helm needs nothing of ours. `npm run generate` brings them up to date; a test says when they are not.
 */

const kinds = describedKinds();
/** ConfigMaps have an entry of their own, by their label. */
const resources = kinds.filter(({ group }) => group !== '');

const yaml = (value: unknown): string => stringify(value, { lineWidth: 120, aliasDuplicateObjects: false });

/** One rule for all that have the same key, in the order of the first. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

/** What the webhook is asked about: every version of every kind, and no wildcard. */
export function webhookRules(): string {
  const same = grouped(resources, ({ group, versions }) => [group, ...versions].join());
  return yaml(
    same.map((several) => ({
      apiGroups: [several[0]?.group],
      apiVersions: several[0]?.versions,
      resources: several.map(({ plural }) => plural).toSorted(),
      operations: ['CREATE', 'UPDATE'],
      scope: 'Namespaced',
    })),
  );
}

/** Rules of a role, each below the reason for it. */
const rulesOf = (rules: readonly RoleRule[]): string =>
  rules
    .map(({ why, ...rule }, i) => `${why === rules[i - 1]?.why ? '' : `# ${why}\n`}${yaml([rule])}`)
    .join('');

/** What admission may do in the namespaces it serves. */
export const reads = (): string => rulesOf(admissionRole.rules);

/** What the watcher may do. No Secret is among it. */
export const watched = (): string => rulesOf(watcherRole.rules);

/** The first match condition of the entry for operators' workloads: what their adapters select. */
export const operatorWorkloads = (): string =>
  yaml([{ name: 'made-by-an-operator', expression: selectedByAnOperator() }]);

/** What is applied by hand without the chart, as it stands. */
export const monitoring = (files: readonly string[]): string =>
  files
    .map((text) => `---\n${text.replaceAll('namespace: sallyport-system', 'namespace: NAMESPACE')}`)
    .join('');

/** The floor with words in it that the chart puts its values in the place of. */
export function floorTemplate(): string {
  const documents = floorDocuments(kinds, {
    namespace: 'NAMESPACE',
    action: 'ACTION',
    settings: { modes: 'SETTING_modes', sensitive: 'SETTING_sensitive', harmless: 'SETTING_harmless' },
  });
  return documents.map((document) => `---\n${yaml(document)}`).join('');
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const texts = { type: 'array', items: text } as const;
const free = { type: 'object' } as const;
const strict = (properties: object) => ({ type: 'object', properties, additionalProperties: false });
const policy = { enum: ['Fail', 'Ignore'] };

/** What `values.yaml` may hold: `config` as the program itself reads it. */
export function valuesSchema(): string {
  const { $schema, ...configuration } = z.toJSONSchema(configurationSchema, {
    io: 'input',
    unrepresentable: 'any',
  });
  const { apiVersion: _version, kind: _kind, ...properties } = configuration.properties ?? {};
  const schema = {
    $schema,
    ...strict({
      replicas: { type: 'integer', minimum: 1 },
      images: strict({
        server: text,
        proxy: text,
        pullPolicy: { enum: ['Always', 'IfNotPresent', 'Never'] },
        pullSecrets: texts,
      }),
      config: { ...configuration, properties, required: [] },
      failurePolicy: strict({ resources: policy, pods: policy }),
      floor: strict({ enabled: { type: ['boolean', 'null'] } }),
      namespaces: texts,
      breakGlassGroups: texts,
      resources: strict({ server: free, certificates: free, watcher: free }),
      watcher: strict({ enabled: flag }),
      priorityClassName: text,
      topologySpread: strict({
        enabled: flag,
        whenUnsatisfiable: { enum: ['DoNotSchedule', 'ScheduleAnyway'] },
      }),
      pdb: strict({ enabled: flag }),
      networkPolicy: strict({ enabled: flag, from: { type: 'array', items: free } }),
      monitoring: strict({ enabled: flag }),
      certManager: strict({ enabled: flag, issuerRef: free }),
      certificateFiles: strict({ served: free, authority: free }),
      // Helm's own, where this is a part of another chart.
      global: free,
    }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** docs/floor.md, its table made anew. */
export function withTable(page: string): string {
  const rows = kinds
    .flatMap(notCovered)
    .map(
      ({ kind, code, where, below, why }) =>
        `| ${kind} | ${code} | ${below ? 'below ' : ''}\`${where}\` | ${why} |`,
    );
  const table = ['| Kind | Code | Where | Why |', '| --- | --- | --- | --- |', ...new Set(rows)].join('\n');
  const block = /<!-- left to the webhook -->[^]*?<!-- end -->/;
  if (!block.test(page)) throw new Error('docs/floor.md has no part <!-- left to the webhook -->');
  return page.replace(block, () => `<!-- left to the webhook -->\n\n${table}\n\n<!-- end -->`);
}
