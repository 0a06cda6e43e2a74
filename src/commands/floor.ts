import { stringify } from 'yaml';
import { floor as documentsOf } from '../core/floor/index.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const floor: Command = {
  name: 'floor',
  summary: 'print the policies that refuse credentials in plain text while no replica runs',
  help: `sallyport floor [options]

Prints a ValidatingAdmissionPolicy with its binding for each kind: what the API server itself then refuses of MCP101,
MCP102 and MCP103, whether or not anybody answers the webhook.

  --config FILE      the configuration: modes, exemptions, names of headers, a team's own kinds
  --namespace NAME   Sallyport's own, which is exempt (default: sallyport-system)

Exit: 0 fine, 2 the configuration cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      config: { type: 'string' },
      namespace: { type: 'string', default: 'sallyport-system' },
    });
    if (positionals.length > 0) throw new UsageError('floor takes no argument');
    const configuration = await loadConfiguration(values.config);
    for (const document of documentsOf(configuration, values.namespace))
      terminal.out(`---\n${stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })}`);
    return 0;
  },
};
