import { isDeepStrictEqual } from 'node:util';
import { injectedLabel, podAnnotations } from '../annotations.ts';
import { ownPrefix } from '../names.ts';
import { pointer, type Edit } from './edit.ts';
import { isFields, textAt, type Fields } from '../k8s/objects.ts';
import { isLoopbackExemption } from './proxy-variables.ts';

type Keys = readonly (string | number)[];

/** Whether a variable of the operator's is the same but for what we changed in it. */
type Same = (name: string, before: string, after: string) => boolean;

/**
 * The edits that give a pod template again exactly what it had of ours, old image included; `undefined` when its owner
 * changed anything of its own in between. With them an upgrade of Sallyport, or a rotated credential that the owner
 * sends along, changes not a byte, and no pod is rolled.
 */
export function restore(before: Fields, after: Fields, same: Same): readonly Edit[] | undefined {
  return between(before, after, [], same);
}

function between(before: unknown, after: unknown, keys: Keys, same: Same): readonly Edit[] | undefined {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before)) return betweenLists(before, after, keys, same);
  if (isFields(before) && isFields(after)) {
    if (keys.at(-2) === 'env') return betweenVariables(before, after, keys, same);
    const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
    return all(names, (name) => {
      const at = [...keys, name];
      if (isNothing(after[name]) && isNothing(before[name])) return [];
      if (isNothing(after[name]) && isAllOurs(before[name], at)) return [added(at, before[name])];
      return between(before[name], after[name], at, same);
    });
  }
  return undefined;
}

/** Items are told apart by what they are; ours may stand anywhere among the owner's, which keep their order. */
function betweenLists(
  before: readonly unknown[],
  after: unknown,
  keys: Keys,
  same: Same,
): readonly Edit[] | undefined {
  if (!Array.isArray(after)) return undefined;
  const left: unknown[] = [...(after as readonly unknown[])];
  const edits = all([...before.entries()], ([index, item]) => {
    const [next] = left;
    const at = [...keys, index];
    const found = left.length > 0 ? between(item, next, at, same) : undefined;
    if (found) {
      left.shift();
      return found;
    }
    return isOurs(item, keys) ? [added(at, item)] : undefined;
  });
  return left.length === 0 ? edits : undefined;
}

function betweenVariables(
  before: Fields,
  after: Fields,
  keys: Keys,
  same: Same,
): readonly Edit[] | undefined {
  const [name, value, sent] = [textAt(before, 'name'), textAt(before, 'value'), textAt(after, 'value')];
  if (name !== textAt(after, 'name') || !same(name, value, sent)) return undefined;
  const explain = `variable ${name} as it was`;
  return [{ op: 'replace', path: pointer(...keys, 'value'), value, explain }];
}

function all<T>(
  items: readonly T[],
  edits: (item: T) => readonly Edit[] | undefined,
): readonly Edit[] | undefined {
  const found: Edit[] = [];
  for (const item of items) {
    const one = edits(item);
    if (!one) return undefined;
    found.push(...one);
  }
  return found;
}

const isNothing = (value: unknown): boolean => value === undefined || value === null;

const added = (keys: Keys, value: unknown): Edit => ({
  op: 'add',
  path: pointer(...keys),
  value,
  explain: `${keys.join('.')} as it was`,
});

function isOurs(item: unknown, list: Keys): boolean {
  if (list.at(-1) === 'env') return isLoopbackExemption(item);
  const lists = ['initContainers', 'volumes'];
  return (
    list.length === 2 && lists.includes(String(list.at(-1))) && textAt(item, 'name').startsWith(ownPrefix)
  );
}

const ownMetadata = new Set<string>([podAnnotations.status, podAnnotations.mcpConfig, injectedLabel]);

/** A list or map that is there only because of what we put into it, or one entry of ours in a map. */
function isAllOurs(value: unknown, keys: Keys): boolean {
  if (Array.isArray(value)) return value.every((item) => isOurs(item, keys));
  const [first, , key] = keys;
  if (first !== 'metadata') return false;
  if (key !== undefined) return ownMetadata.has(String(key));
  return isFields(value) && Object.keys(value).every((name) => ownMetadata.has(name));
}
