import type { Ineffective, ObjectLink, ObjectRef } from '../../model.ts';
import { Path } from '../../path.ts';
import { Work } from '../../work.ts';
import type { ServerShape } from '../description.ts';
import { compileCondition, compileOne, type Scope } from '../path/evaluate.ts';
import { applicable, over, path, placeReader, scopeOf } from './reads.ts';

export function linkReader(
  record: ServerShape['links'][number],
  ownGroup: string,
): (scope: Scope, owner: ObjectRef) => ObjectLink[] {
  const items = over(record.each);
  const applies = applicable(record);
  const [name, kind, place] = [path(record.name), path(record.kind), placeReader(record)];
  const useless = record.useless.map(({ when, why, fix }) => {
    const holds = compileCondition(when);
    return {
      applies: (target: unknown) => holds(scopeOf({ value: target, at: Path.root }, new Work())),
      why,
      fix,
    };
  });
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const named = applies(item) ? name(item) : undefined;
      const word = kind(item)?.value;
      if (!named || named.value === '' || word === undefined) return [];
      const target = {
        group: record.group ?? ownGroup,
        kind: word,
        ...place(named.value, item, owner),
      };
      return [{ target, at: named.at, useless, ...(record.merged ? { merged: true } : {}) }];
    });
}

export function ineffectiveReader(
  record: ServerShape['ineffective'][number],
): (scope: Scope, server: string) => Ineffective[] {
  const items = over(record.each);
  const written = compileOne(record.at);
  const applies = applicable(record);
  const { why, fix } = record;
  return (scope, server) =>
    items(scope).flatMap((item) => {
      const node = written(item);
      if (!node || node.value === undefined || node.value === null || node.value === false) return [];
      return applies(item) ? [{ at: node.at, server, why, fix }] : [];
    });
}
