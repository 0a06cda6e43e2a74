import { compileKinds } from '../../core/kinds/index.ts';
import type { Kind } from '../../core/kinds/reader.ts';
import { inGroup } from '../../core/model.ts';
import { printJson } from '../../report/json.ts';
import { configOption, jsonOption } from '../cluster-options.ts';
import { defineCommand } from '../command.ts';
import { loadConfiguration } from '../configuration-file.ts';

export const kinds = defineCommand({
  name: 'kinds',
  summary: 'list the kinds that are checked, and which of them a pod can name',
  group: 'Check and explain',
  usage: '[try | coverage | manifests] [options]',
  description: `
Prints one line for each kind: plural and group, versions, family, and "servers" if a pod can name it in the annotation
sallyport.dev/servers.

To see what a description of your own kind reads of an object, use sallyport kinds try; to find fields and kinds that are not checked, use
sallyport kinds coverage; to print what the cluster needs for your own kinds, use sallyport kinds manifests.`,
  options: { output: jsonOption, config: configOption("a configuration file with a team's own kinds") },
  examples: [
    ['sallyport kinds', 'list the built-in kinds'],
    ['sallyport kinds --config config.yaml', "list a team's own kinds too"],
    ['sallyport kinds --output json', 'list the kinds for another program'],
  ],
  exit: { 0: 'printed', 2: 'the configuration cannot be read' },
  async run(values, terminal) {
    const { all } = compileKinds((await loadConfiguration(values.config)).kinds);
    terminal.out(values.output === 'json' ? jsonOf(all) : tableOf(all));
    return 0;
  },
});

/** As docs/schemas/kinds.schema.json says. */
const jsonOf = (all: readonly Kind[]): string =>
  printJson({
    kinds: all.map(({ group, kind, plural, versions, family, injectable }) => ({
      group,
      kind,
      plural,
      versions,
      family,
      injectable,
    })),
  });

function tableOf(all: readonly Kind[]): string {
  const rows = all.map(({ plural, group, versions, family, injectable }) => [
    inGroup(plural, group),
    versions.join(','),
    family,
    injectable ? 'servers' : '',
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
