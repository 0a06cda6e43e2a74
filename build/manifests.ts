import { stringify } from 'yaml';
import {
  admissionRole,
  isReadByAdapter,
  readByAdmission,
  readByWatcher,
  watcherRole,
  type RoleRule,
} from '../src/core/service-accounts.ts';
import { floorDocuments } from '../src/core/floor/index.ts';
import { notCovered } from '../src/core/floor/not-covered.ts';
import { isInjectable, type KindDescription } from '../src/core/kinds/description.ts';
import { isAlwaysCovered } from '../src/core/kinds/always-covered.ts';
import { optionalFamilies } from '../src/core/kinds/families.ts';
import { describedKinds } from '../src/core/kinds/index.ts';
import { webhookRules as rulesFor } from '../src/core/webhook-rules.ts';
import { selectedByAnOperator } from './operators.ts';

/**
 * The parts of the chart that follow from kinds, families and configuration. They are files of the repository, so that
 * Helm needs nothing of ours. `npm run generate` brings them up to date; a test says when they are not.
 */

const kinds = describedKinds();
/** ConfigMaps have an entry of their own, by their label. */
const resources = kinds.filter(({ group }) => group !== '');
/** What every installation covers. */
const common = resources.filter(isAlwaysCovered);

const yaml = (value: unknown): string => stringify(value, { lineWidth: 120, aliasDuplicateObjects: false });

/** What the webhook is asked about: every version of every kind, and no wildcard. */
export const webhookRules = (covered: readonly KindDescription[] = common): string => yaml(rulesFor(covered));

/** Rules of a role, each below the reason for it. */
const rulesOf = (rules: readonly RoleRule[]): string =>
  rules
    .map(({ why, ...rule }, i) => `${why === rules[i - 1]?.why ? '' : `# ${why}\n`}${yaml([rule])}`)
    .join('');

/** What admission may do in the namespaces it serves. */
export const reads = (): string => rulesOf(admissionRole(common).rules);

/** What the watcher may do. No Secret is among it. */
export const watched = (): string => rulesOf(watcherRole(common).rules);

/** The first match condition of the entry for operators' workloads: what their adapters select. */
export const operatorWorkloads = (): string =>
  yaml([{ name: 'made-by-an-operator', expression: selectedByAnOperator() }]);

/** What is applied by hand without the chart, as it stands. */
export const monitoring = (files: readonly string[]): string =>
  files
    .map((text) => `---\n${text.replaceAll('namespace: sallyport-system', 'namespace: NAMESPACE')}`)
    .join('');

/** The floor with words in it that the chart puts its values in the place of. */
export function floorTemplate(covered: readonly KindDescription[] = common): string {
  const documents = floorDocuments(covered, {
    namespace: 'NAMESPACE',
    action: 'ACTION',
    settings: { modes: 'SETTING_modes', sensitive: 'SETTING_sensitive', harmless: 'SETTING_harmless' },
  });
  return documents.map((document) => `---\n${yaml(document)}`).join('');
}

/** Which kinds of the optional families a cluster may serve. */
export const familyList = (): string =>
  yaml(Object.fromEntries(optionalFamilies.map(({ name, served }) => [name, served])));

/** The files of the chart about one optional family: what is added to each list where it is covered. */
export function familyFiles(family: string): Readonly<Record<string, string>> {
  const own = resources.filter((one) => one.family === family);
  const readers = own.filter(isInjectable);
  return {
    'resources.yaml': webhookRules(own),
    'reads.yaml': rulesOf(readByAdmission(own.filter((kind) => !isReadByAdapter(kind)))),
    ...(readers.length === 0 ? {} : { 'watched.yaml': rulesOf(readByWatcher(readers)) }),
    'floor.yaml': floorTemplate(own),
  };
}

/** docs/floor.md, with a current table. */
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
