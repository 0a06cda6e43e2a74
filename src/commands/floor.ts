import { stringify } from 'yaml';
import { floor as documentsOf } from '../core/floor/index.ts';
import { configOption, installationOption } from './cluster-options.ts';
import { defineCommand } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const floor = defineCommand({
  name: 'floor',
  summary: 'print the policies that reject credentials in plain text without a webhook',
  group: 'Check and explain',
  usage: '[options]',
  description: `
Prints a ValidatingAdmissionPolicy and its binding for each kind. With them the API server itself rejects what MCP101, MCP102 and MCP103
find, also while no replica of the webhook runs.`,
  options: {
    config: configOption("a configuration file with modes, exemptions, header names and a team's own kinds"),
    namespace: installationOption,
  },
  printsObjects: true,
  examples: [['sallyport floor --config config.yaml | kubectl apply -f -', 'install the policies']],
  exit: { 0: 'printed', 2: 'the configuration cannot be read' },
  async run(values, terminal) {
    const configuration = await loadConfiguration(values.config);
    for (const document of documentsOf(configuration, values.namespace))
      terminal.out(`---\n${stringify(document, { lineWidth: 120, aliasDuplicateObjects: false })}`);
    return 0;
  },
});
