import { createHash } from 'node:crypto';
import { objectLimits } from './limits.ts';
import { Path } from './path.ts';
import { OverLimit, stepsOfText, type Excess, type Work } from './work.ts';

/** One level of the walk: a list or map, how far it has been visited, and the level above. */
interface Level {
  readonly value: Readonly<Record<string, unknown>> | readonly unknown[];
  /** Of a map. */
  readonly keys: readonly string[] | undefined;
  readonly above: Level | undefined;
  readonly depth: number;
  next: number;
}

/**
 * Visits every value of an object before anything else does, and throws `OverLimit` for one that is too large to judge.
 * It does not recurse, so that no nesting is too deep for it. The API server adds managedFields; no rule reads them.
 */
export function measure(object: unknown, work: Work): void {
  let values = 1;
  let level = levelOf(object, undefined);
  while (level) {
    if (level.next === 0) {
      const size = (level.keys ?? level.value).length as number;
      values += size;
      if (values > objectLimits.values.most) throw new OverLimit('values');
      if (level.depth > objectLimits.depth.most) throw new OverLimit('depth', pathOf(level.above));
      work.spend(size);
    }
    const key = keyOf(level);
    if (key === undefined) {
      level = level.above;
      continue;
    }
    level.next += 1;
    if (typeof key === 'string' && key.length > objectLimits.nameLength.most)
      throw new OverLimit('nameLength', pathOf(level.above));
    if (key === 'managedFields' && isMetadata(level)) continue;
    const value = (level.value as Readonly<Record<string | number, unknown>>)[key];
    if (typeof value === 'string') {
      work.spend(stepsOfText(value));
      if (value.length > objectLimits.textLength.most) throw new OverLimit('textLength', pathOf(level));
    } else level = levelOf(value, level) ?? level;
  }
}

/** The object's own, not a template's. */
const isMetadata = ({ depth, above }: Level): boolean =>
  depth === 2 && above?.keys?.[above.next - 1] === 'metadata';

/** `undefined` for an object that is within every limit. */
export function excessOf(object: unknown, work: Work): Excess | undefined {
  try {
    measure(object, work);
    return undefined;
  } catch (error) {
    if (error instanceof OverLimit) return error;
    throw error;
  }
}

/**
 * Tells whether two objects over a limit say the same: everything but their status and what the API server and
 * controllers keep in their metadata, such as finalizers. `undefined` for one that is nested too deeply to compare.
 */
export function contentDigest(object: unknown): string | undefined {
  const { metadata, status: _, ...content } = Object(object) as Readonly<Record<string, unknown>>;
  const { labels, annotations } = Object(metadata) as Readonly<Record<string, unknown>>;
  try {
    return createHash('sha256').update(JSON.stringify({ labels, annotations, content })).digest('hex');
  } catch {
    return undefined;
  }
}

function levelOf(value: unknown, above: Level | undefined): Level | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const depth = (above?.depth ?? 0) + 1;
  if (Array.isArray(value))
    return { value: value as readonly unknown[], keys: undefined, above, depth, next: 0 };
  return { value: value as Level['value'], keys: Object.keys(value), above, depth, next: 0 };
}

/** The next key or index of a level; `undefined` when all of it was visited. */
const keyOf = ({ value, keys, next }: Level): string | number | undefined =>
  keys ? keys[next] : next < (value.length as number) ? next : undefined;

/** The place that a level visited last. */
function pathOf(level: Level | undefined): Path {
  const keys: (string | number)[] = [];
  for (let one = level; one; one = one.above) {
    const key = one.keys ? one.keys[one.next - 1] : one.next - 1;
    if (key !== undefined) keys.push(key);
  }
  return keys.reduceRight<Path>(
    (path, key) => (typeof key === 'number' ? path.item(key) : path.field(key)),
    Path.root,
  );
}
