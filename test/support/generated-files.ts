import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withAlerts } from '../../build/alerts.ts';
import { chartReadme } from '../../build/chart-readme.ts';
import { valuesSchema } from '../../build/chart-values.ts';
import { withFamilies } from '../../build/families-table.ts';
import { withGeneratedParts } from '../../build/kinds-page.ts';
import { optionalFamilies } from '../../src/core/kinds/families.ts';
import {
  familyFiles,
  familyList,
  floorTemplate,
  monitoring,
  operatorWorkloads,
  reads,
  watched,
  webhookRules,
  withTable,
} from '../../build/manifests.ts';
import { markdownTable, withPart } from '../../build/marked-parts.ts';
import { withRuleIndex } from '../../build/rules-page.ts';
import { configurationJsonSchema } from '../../build/schemas.ts';
import { withSelectors, withSkipReasons } from '../../build/operators.ts';
import { commands } from '../../src/commands/index.ts';
import { helpOf } from '../../src/commands/program.ts';
import { repository } from '../cluster/cache.ts';
import { everyMetric, type Described } from './metrics.ts';

export const readRepositoryFile = (file: string): string => readFileSync(path.join(repository, file), 'utf8');
const chartFile = (file: string): string => readRepositoryFile(`manifests/chart/${file}`);

/** docs/cli.md: the help of each command, and what is written by hand before the first one and after each. */
function withHelp(page: string): string {
  const [introduction = '', ...sections] = page.split(/^(?=## \S+(?: \S+)?\n\n```text\nUsage: )/m);
  const written = new Map(
    sections.map((section) => {
      const [, name = '', after = ''] = /^## (.+)\n\n```text\n[^]*?^```\n([^]*)$/m.exec(section) ?? [];
      return [name, after.trim()];
    }),
  );
  const generated = commands.map(({ name }) =>
    [`## ${name}`, `\`\`\`text\n${helpOf(commands, name).trimEnd()}\n\`\`\``, written.get(name) ?? '']
      .join('\n\n')
      .trimEnd(),
  );
  return `${[introduction.trimEnd(), ...generated].join('\n\n')}\n`;
}

const metricsTable = (metrics: readonly Described[]): string =>
  markdownTable(
    ['Metric', 'Type', 'Labels', 'Meaning'],
    metrics.map(({ name, type, labels, help }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
  );

async function withMetrics(page: string): Promise<string> {
  const metrics = Object.entries(await everyMetric());
  return metrics.reduce(
    (made, [program, described]) => withPart(made, `metrics of ${program}`, metricsTable(described)),
    withAlerts(page, readRepositoryFile('manifests/monitoring/prometheus-rule.yaml')),
  );
}

type Generator = (current: string) => string | Promise<string>;

/**
 * What `npm run generate` writes from kinds, rules, operators, commands, metrics and configuration: whole files, and pages
 * of which a part is generated. The rest of what it writes is the rendered chart, which needs Helm
 * (test/cluster/helm.ts).
 */
export const generatedFiles: Readonly<Record<string, Generator>> = {
  'docs/cli.md': withHelp,
  'docs/compatibility.md': withFamilies,
  'docs/floor.md': withTable,
  'docs/injection.md': withSkipReasons,
  'docs/kinds.md': withGeneratedParts,
  'docs/metrics.md': withMetrics,
  'docs/operators.md': withSelectors,
  'docs/rules.md': withRuleIndex,
  'docs/schemas/configuration.schema.json': configurationJsonSchema,
  'manifests/chart/README.md': () => chartReadme(chartFile('Chart.yaml'), chartFile('values.yaml')),
  'manifests/chart/files/dashboard.json': () => readRepositoryFile('manifests/monitoring/dashboard.json'),
  'manifests/chart/files/families.yaml': familyList,
  ...Object.fromEntries(
    optionalFamilies.flatMap(({ name }) =>
      Object.entries(familyFiles(name)).map(([file, text]) => [
        `manifests/chart/files/families/${name}/${file}`,
        () => text,
      ]),
    ),
  ),
  'manifests/chart/files/floor.yaml': () => floorTemplate(),
  'manifests/chart/files/monitoring.yaml': () =>
    monitoring(
      ['pod-monitors', 'prometheus-rule'].map((file) =>
        readRepositoryFile(`manifests/monitoring/${file}.yaml`),
      ),
    ),
  'manifests/chart/files/operator-workloads.yaml': operatorWorkloads,
  'manifests/chart/files/reads.yaml': reads,
  'manifests/chart/files/resources.yaml': () => webhookRules(),
  'manifests/chart/files/watched.yaml': watched,
  'manifests/chart/values.schema.json': () => valuesSchema(chartFile('values.yaml')),
};
