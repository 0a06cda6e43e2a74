import type { KeyRef, ObjectRef, WholeRef } from '../../model.ts';
import type { ServerShape } from '../description.ts';
import type { Scope } from '../path/evaluate.ts';
import type { Condition, PathExpression } from '../path/parse.ts';
import { applicable, flag, optionalPath, over, placeReader } from './reads.ts';

type EnvRecord = ServerShape['env'][number];

interface KeyRecord {
  readonly secret?: PathExpression | undefined;
  readonly configMap?: PathExpression | undefined;
  readonly key?: PathExpression | undefined;
  readonly namespace?: PathExpression | undefined;
  readonly qualified?: boolean | undefined;
  readonly optional?: Condition | undefined;
}

export function keyReader(record: KeyRecord): (scope: Scope, owner: ObjectRef) => KeyRef | undefined {
  const name = optionalPath(record.secret ?? record.configMap);
  const key = optionalPath(record.key);
  const place = placeReader(record);
  const optional = flag(record.optional);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  return (scope, owner) => {
    const named = name(scope);
    if (!named) return undefined;
    const written = key(scope) ?? { value: '', at: named.at };
    // A default stands nowhere: what its author can look at is the name.
    const keyed = written.at === scope.item.at ? { value: written.value, at: named.at } : written;
    return {
      source: { kind, ...place(named.value, scope, owner) },
      key: keyed.value,
      at: named.at,
      keyAt: keyed.at,
      optional: optional(scope),
    };
  };
}

type WholeRecord = Pick<EnvRecord, 'each' | 'secret' | 'optional'> &
  Partial<
    Pick<EnvRecord, 'configMap' | 'namespace' | 'qualified' | 'when' | 'unless' | 'tolerated' | 'copied'>
  >;

export function wholeReader(record: WholeRecord): (scope: Scope, owner: ObjectRef) => WholeRef[] {
  const items = over(record.each);
  const applies = applicable(record);
  const name = optionalPath(record.secret ?? record.configMap);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  const optional = flag(record.optional);
  const place = placeReader(record);
  const tolerated = record.tolerated ? ({ tolerated: true } as const) : {};
  const copied = copiedIn(record);
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const named = applies(item) ? name(item) : undefined;
      return named
        ? [
            {
              source: { kind, ...place(named.value, item, owner) },
              at: named.at,
              optional: optional(item),
              ...tolerated,
              ...copied,
            },
          ]
        : [];
    });
}

export function envReader(record: EnvRecord): (scope: Scope, owner: ObjectRef) => (KeyRef | WholeRef)[] {
  if (record.key === undefined) return wholeReader(record);
  const items = over(record.each);
  const applies = applicable(record);
  const ref = keyReader(record);
  const copied = copiedIn(record);
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const found = applies(item) ? ref(item, owner) : undefined;
      return found ? [{ ...found, ...copied }] : [];
    });
}

const copiedIn = ({ copied }: Partial<Pick<EnvRecord, 'copied'>>) => (copied === undefined ? {} : { copied });
