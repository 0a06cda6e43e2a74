import { z } from 'zod';
import { nearest } from './nearest.ts';
import { shownName } from './printable.ts';

/** Sentences for what zod finds wrong with a configuration: the place, what must be there, and the nearest known name. */

type Issue = z.core.$ZodIssue;

export interface ConfigurationProblem {
  /** What leads to it in the document; the last ones may be missing there. */
  readonly keys: readonly (string | number)[];
  /** `exemptions[0].codes: must be a list` */
  readonly text: string;
}

export function problemsOf(issue: Issue, schema: z.ZodType): ConfigurationProblem[] {
  const at = placeOf(issue.path);
  const keys = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code !== 'unrecognized_keys') return [{ keys, text: `${at}: ${sentenceOf(issue)}` }];
  const known = knownKeys(schema, issue.path);
  return issue.keys.map((key) => ({
    keys: [...keys, key],
    text: `${at}: unknown field ${shownName(key)}${choice(key, known, 'known fields')}`,
  }));
}

/** `exemptions[0].codes`, as paths of findings are written. */
const placeOf = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? 'configuration'
    : path
        .map((part, i) =>
          typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${shownName(String(part))}`,
        )
        .join('');

function sentenceOf(issue: Issue): string {
  if (issue.code === 'custom') return issue.message;
  if (issue.input === undefined && issue.code !== 'invalid_union')
    return `is missing; it ${expectedOf(issue)}`;
  return expectedOf(issue);
}

function expectedOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_value':
      return valueText(issue.input, issue.values.map(String));
    case 'invalid_type':
      return `must be ${typeWords[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return issue.origin === 'array'
        ? `must have at least ${issue.minimum} item${issue.minimum === 1 ? '' : 's'}`
        : issue.origin === 'string'
          ? 'must not be empty'
          : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must ${issue.origin === 'array' ? `have at most ${issue.maximum} items` : `be at most ${issue.maximum}`}`;
    case 'invalid_format':
      return issue.format === 'date' ? 'must be a date, such as 2027-01-31' : issue.message;
    case 'invalid_union':
      return unionText(issue.errors.flat());
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return issue.message;
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
};

/** The most specific complaint of the alternatives: the one about the deepest place. */
function unionText(issues: readonly Issue[]): string {
  const [deepest] = issues.toSorted((a, b) => b.path.length - a.path.length);
  if (!deepest) return 'has none of the allowed forms';
  return deepest.path.length === 0 ? expectedOf(deepest) : `${placeOf(deepest.path)}: ${sentenceOf(deepest)}`;
}

function valueText(written: unknown, valid: readonly string[]): string {
  if (valid.length === 1 || typeof written !== 'string') return `must be ${alternatives(valid)}`;
  return `${shownName(written.slice(0, 60))} is not a valid value${choice(written, valid, 'valid values')}`;
}

/** `a, b or c` */
const alternatives = (words: readonly string[]): string =>
  [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');

/** `; did you mean X?`, or all names where none is near. */
function choice(written: string, known: readonly string[], what: string): string {
  const near = nearest(written, known);
  if (near !== undefined) return `; did you mean ${near}?`;
  return known.length === 0 ? '' : `; ${what}: ${known.join(', ')}`;
}

/** The keys that a map at a path of the configuration may have. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const at = path.reduce<z.ZodType | undefined>((one, part) => one && below(unwrapped(one), part), schema);
  const map = at && unwrapped(at);
  if (map instanceof z.ZodObject) return Object.keys(map.shape);
  if (map instanceof z.ZodRecord && map.keyType instanceof z.ZodEnum) return map.keyType.options.map(String);
  return [];
}

function below(schema: z.ZodType, part: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(part)] as z.ZodType | undefined;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return undefined;
}

/** Without what gives a default or transforms the value. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrapped(schema.unwrap() as z.ZodType);
  if (!(schema instanceof z.ZodPipe)) return schema;
  // What is written is on the one side of a transformation, or on the other.
  return unwrapped((schema.out instanceof z.ZodTransform ? schema.in : schema.out) as z.ZodType);
}
