import { measure } from '../../measure.ts';
import type { PlainText } from '../../model.ts';
import { Redacted } from '../../redacted.ts';
import { stepsOfWords, type Work } from '../../work.ts';
import type { ServerShape } from '../description.ts';
import { compilePath, type Node, type Scope } from '../path/evaluate.ts';
import { condition, optionalPath, over } from './reads.ts';

interface Manner {
  readonly hint: { readonly instead?: string; readonly fix?: string };
  readonly lines: boolean;
}

export function plainReader(record: ServerShape['plain'][number]): (scope: Scope) => PlainText[] {
  const items = over(record.each);
  const applies = condition(record.when);
  const name = optionalPath(record.name);
  const values = compilePath(record.value);
  const manner: Manner = {
    hint: {
      ...(record.instead === undefined ? {} : { instead: record.instead }),
      ...(record.fix === undefined ? {} : { fix: record.fix }),
    },
    lines: record.lines ?? false,
  };
  return (scope) =>
    items(scope)
      .filter(applies)
      .flatMap((item) => {
        const named = name(item)?.value;
        return values(item).flatMap((node) => {
          const from = { ...node, key: named ?? node.key ?? '' };
          return record.json ? textsInJson(from, manner, item.work) : textsBelow(from, manner, item.work);
        });
      });
}

/** The field is where its author can look, so everything in the text is placed there. */
function textsInJson(node: Node, manner: Manner, work: Work): PlainText[] {
  const value = parseJson(String(node.value));
  if (value === undefined) return textsBelow(node, { ...manner, lines: true }, work);
  measure(value, work);
  return textsBelow({ ...node, value }, manner, work).map((text) => ({ ...text, at: node.at }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every text in a value of any shape, under the nearest name: its key, or the `name` beside a `value`. */
function textsBelow({ value, at, key = '' }: Node, manner: Manner, work: Work): PlainText[] {
  work.spend(typeof value === 'string' ? stepsOfWords(value) : 1);
  if (typeof value === 'string') {
    const texts = manner.lines ? linesOf(value) : [value];
    return texts.map((text) => ({ name: key, value: new Redacted(text), at, ...manner.hint }));
  }
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((item: unknown, i) => {
      const before: unknown = value[i - 1];
      const texts = textsBelow({ value: item, at: at.item(i), key }, manner, work);
      return typeof item === 'string' && typeof before === 'string'
        ? texts.map((text) => ({ ...text, before: new Redacted(before) }))
        : texts;
    });
  const entries = Object.entries(value);
  const own = 'name' in value && typeof value.name === 'string' && 'value' in value ? value.name : undefined;
  return entries.flatMap(([name, entry]) =>
    own !== undefined && name === 'name'
      ? []
      : textsBelow(
          { value: entry, at: at.field(name), key: name === 'value' ? (own ?? name) : name },
          manner,
          work,
        ),
  );
}

/** Each `KEY: TEXT` of a configuration file, `{ KEY: TEXT, ... }` as well; a list's dash and empty quotes say nothing. */
const linesOf = (text: string): string[] =>
  text.split(/\r?\n|(?<=:\s)\{|,\s/).map((line) =>
    line
      .trim()
      .replace(/^- +/, '')
      .replace(/(["'])\1$/, ''),
  );
