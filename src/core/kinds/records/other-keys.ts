import { isFields } from '../../k8s/objects.ts';
import type { PlainText } from '../../model.ts';
import { Path } from '../../path.ts';
import { Redacted } from '../../redacted.ts';

/** What else a server ConfigMap holds. It has no credentials, whatever its keys are called. */

/** `NAME=value`, as a shell, a `.env` file and a properties file write it. */
const assignment = /^(?:export\s{1,8})?([A-Za-z_][A-Za-z0-9_.-]{0,100})\s{0,8}=([^]*)$/;

/** A line under its name. Without one the rule looks for a name in the line itself, as in `key: value`. */
function lineOf(line: string): { readonly name: string; readonly text: string } {
  const [, name, text] = assignment.exec(line) ?? [];
  return name === undefined || text === undefined
    ? { name: '', text: line }
    : { name, text: text.trim().replace(/^(["'])(.*)\1$/, '$2') };
}

function textsIn(key: string, value: string, at: Path): PlainText[] {
  const lines = value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [only = '', ...more] = lines;
  const texts =
    more.length === 0 && lineOf(only).name === '' ? [{ name: key, text: only }] : lines.map(lineOf);
  return texts.map(({ name, text }) => ({ name, value: new Redacted(text), at }));
}

/** Every key of `data` and `binaryData` but the one that says what the server is. */
export function otherKeys(object: unknown, read: string): PlainText[] {
  if (!isFields(object)) return [];
  return (['data', 'binaryData'] as const).flatMap((field) => {
    const map = object[field];
    if (!isFields(map)) return [];
    return Object.entries(map).flatMap(([key, value]) => {
      if (typeof value !== 'string' || (field === 'data' && key === read)) return [];
      const text = field === 'data' ? value : Buffer.from(value, 'base64').toString('latin1');
      return textsIn(key, text, Path.fields(field).entry(key));
    });
  });
}
