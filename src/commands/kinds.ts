import { compileKinds } from '../core/kinds/index.ts';
import { inGroup } from '../core/model.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const kinds: Command = {
  name: 'kinds',
  summary: 'list the kinds that are checked, and which of them a pod can ask for',
  help: `sallyport kinds [options]

One line a kind: its plural and group, versions, family. "servers" marks those a pod can name in its annotation.

  --config FILE   the configuration, for a team's own kinds

Exit: 0 fine, 2 the configuration cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, { config: { type: 'string' } });
    if (positionals.length > 0) throw new UsageError('kinds takes no argument');
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
};
