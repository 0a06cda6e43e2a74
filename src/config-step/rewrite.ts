import { isDeepStrictEqual } from 'node:util';
import type { ConfigEntry, ConfigStep } from '../core/contracts/config-step-contract.ts';
import { Path } from '../core/path.ts';
import { readTextDocument, valueAt, type ValuePath } from '../core/text-document.ts';

export interface RewrittenConfig {
  readonly text: string;
  /** Servers that the app now calls through the proxy. */
  readonly done: readonly string[];
  /** What is not as it was seen, and so was not touched: names and places, never values. */
  readonly mismatches: readonly string[];
}

/** The file with each entry changed that is still what the webhook saw. */
export function rewriteFile(text: string, { file, format, entries }: ConfigStep): RewrittenConfig {
  const document = readTextDocument(text, format);
  if (!document)
    return { text, done: [], mismatches: [`${file} does not have the form that its operator writes`] };
  const judged = entries.map((entry) => ({ entry, problem: mismatch(document.value, entry) }));
  const fitting = judged.flatMap(({ entry, problem }) => (problem === undefined ? [entry] : []));
  const changed = document.with({
    set: fitting.flatMap(({ set }) => set),
    remove: fitting.flatMap(({ remove }) => remove),
  });
  if (changed === undefined)
    return { text, done: [], mismatches: [`${file} cannot be rewritten without changing other values`] };
  return {
    text: changed,
    done: fitting.map(({ server }) => server),
    mismatches: judged.flatMap(({ problem }) => problem ?? []),
  };
}

function mismatch(value: unknown, { server, seen, set }: ConfigEntry): string | undefined {
  const other = [
    ...seen.filter((one) => !isDeepStrictEqual(valueAt(value, one.at), one.value)),
    ...set.filter((one) => typeof valueAt(value, one.at) !== 'string'),
  ][0];
  return other && `${placeText(other.at)} (server ${server}) has changed since the pod was admitted`;
}

const placeText = (at: ValuePath): string =>
  String(
    at.reduce<Path>((path, key) => (typeof key === 'number' ? path.item(key) : path.field(key)), Path.root),
  );
