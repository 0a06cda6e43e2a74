import { z } from 'zod';
import { configurationSchema } from '../src/core/configuration.ts';

/** The configuration in the form of JSON Schema, as its author writes it. */
export const inputSchema = () =>
  z.toJSONSchema(configurationSchema, {
    io: 'input',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      if (!('oneOrList' in jsonSchema)) return;
      // Zod shows the list that a single item becomes.
      const { oneOrList: _, ...list } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      jsonSchema.anyOf = [list, ...(list.items && !Array.isArray(list.items) ? [list.items] : [])] as never;
    },
  });

/** The JSON Schema of the configuration file, for editors and other tools. */
export function configurationJsonSchema(): string {
  const { $schema, ...schema } = inputSchema();
  const document = {
    $schema,
    $id: 'https://sallyport.dev/schemas/configuration.schema.json',
    title: 'Configuration of Sallyport',
    description: 'The file that --config names: docs/configuration.md.',
    ...schema,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
