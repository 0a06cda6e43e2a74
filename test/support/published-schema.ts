import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** Why a document does not conform to `docs/schemas/NAME.schema.json`; nothing if it does. */
export function schemaErrors(name: string): (document: unknown) => readonly ErrorObject[] {
  const file = new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url);
  const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(file, 'utf8')) as object,
  );
  return (document) => (validate(document) ? [] : (validate.errors ?? []));
}
