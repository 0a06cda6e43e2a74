import { compileKinds } from '../core/kinds/index.ts';
import { inGroup } from '../core/model.ts';
import { configOption } from './cluster-options.ts';
import { defineCommand } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const kinds = defineCommand({
  name: 'kinds',
  summary: 'list the kinds that are checked, and which of them a pod can name',
  group: 'Check and explain',
  usage: '[options]',
  description: `
Prints one line for each kind: plural and group, versions, family, and "servers" if a pod can name it in the annotation
sallyport.dev/servers.`,
  options: { config: configOption("a configuration file with a team's own kinds") },
  examples: [
    ['sallyport kinds', 'list the built-in kinds'],
    ['sallyport kinds --config config.yaml', "list a team's own kinds too"],
  ],
  exit: { 0: 'printed', 2: 'the configuration cannot be read' },
  async run(values, terminal) {
    const { all } = compileKinds((await loadConfiguration(values.config)).kinds);
    const rows = all.map(({ plural, group, versions, family, injectable }) => [
      inGroup(plural, group),
      versions.join(','),
      family,
      injectable ? 'servers' : '',
    ]);
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const row of rows)
      terminal.out(
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
      );
    return 0;
  },
});
