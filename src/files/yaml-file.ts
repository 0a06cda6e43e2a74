import { readFile } from 'node:fs/promises';
import { isFields } from '../core/k8s/objects.ts';
import { lineStarts, Places, positionAt } from './places.ts';
import { unreadBecause } from './problem.ts';
import { InputError } from './source.ts';
import { parseYaml, YamlError } from './yaml.ts';

type Keys = readonly (string | number)[];

/** A file that holds one YAML document. */
export interface YamlFile {
  /** `undefined` for an empty file. */
  readonly value: unknown;
  /** `FILE:LINE:COLUMN` of what the keys lead to, or of the nearest thing that is there. */
  readonly placeOf: (keys: Keys) => string;
}

/** Throws `InputError`; `what` names the file's content, such as `configuration`. */
export async function readYamlFile(file: string, what: string): Promise<YamlFile> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError(`${file}: the ${what} cannot be read: ${unreadBecause(error).problem}`);
  });
  const [document, second] = parsed(file, text);
  if (second) throw new InputError(`${file}: the ${what} must be one YAML document`);
  if (!document) return { value: undefined, placeOf: () => file };
  const { value } = document;
  const places = new Places(document.events, text);
  return {
    value,
    placeOf: (keys) => {
      const { line, column } = places.of(withoutIndexOfOne(keys, value));
      return `${file}:${line}:${column}`;
    },
  };
}

/** Where a list has one item, the item may be written alone. */
function withoutIndexOfOne(keys: Keys, value: unknown): Keys {
  const [key, ...more] = keys;
  if (key === undefined) return [];
  if (typeof key === 'number' && !Array.isArray(value)) return withoutIndexOfOne(more, value);
  const below =
    Array.isArray(value) || isFields(value) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  return [key, ...withoutIndexOfOne(more, below)];
}

function parsed(file: string, text: string) {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const { line, column } = positionAt(error.offset, lineStarts(text));
    throw new InputError(`${file}:${line}:${column}: invalid YAML: ${error.message}`);
  }
}
