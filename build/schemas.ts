import { z } from 'zod';
import { configurationSchema } from '../src/core/configuration.ts';

/** The JSON Schema of the configuration file, for editors and other tools. */
export function configurationJsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' });
  const document = {
    $schema,
    $id: 'https://sallyport.dev/schemas/configuration.schema.json',
    title: 'Configuration of Sallyport',
    description: 'The file that --config names: docs/configuration.md.',
    ...schema,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
