import type { KeyRef, ObjectRef, WholeRef } from '../../model.ts';
import type { ServerShape } from '../description.ts';
import type { Scope } from '../path-language.ts';
import { condition, flag, optionalPath, over, splitName } from './reads.ts';

type BundleRecord = ServerShape['bundles'][number];
type EnvRecord = ServerShape['env'][number];

interface KeyRecord {
  readonly secret?: string | undefined;
  readonly configMap?: string | undefined;
  readonly key?: string | undefined;
  readonly qualified?: boolean | undefined;
  readonly optional?: string | undefined;
}

export function keyReader(record: KeyRecord): (scope: Scope, owner: ObjectRef) => KeyRef | undefined {
  const name = optionalPath(record.secret ?? record.configMap);
  const key = optionalPath(record.key);
  const optional = flag(record.optional);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  return (scope, owner) => {
    const named = name(scope);
    if (!named) return undefined;
    const written = key(scope) ?? { value: '', at: named.at };
    // A default stands nowhere: what its author can look at is the name.
    const keyed = written.at === scope.item.at ? { value: written.value, at: named.at } : written;
    return {
      source: { kind, ...splitName(named.value, owner, record.qualified) },
      key: keyed.value,
      at: named.at,
      keyAt: keyed.at,
      optional: optional(scope),
    };
  };
}

export function wholeReader(
  record: BundleRecord | EnvRecord,
): (scope: Scope, owner: ObjectRef) => WholeRef[] {
  const items = over(record.each);
  const applies = condition('when' in record ? record.when : undefined);
  const name = optionalPath(record.secret ?? ('configMap' in record ? record.configMap : undefined));
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  const optional = flag(record.optional);
  const qualified = 'qualified' in record ? record.qualified : undefined;
  const tolerated = 'tolerated' in record && record.tolerated ? ({ tolerated: true } as const) : {};
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const named = applies(item) ? name(item) : undefined;
      return named
        ? [
            {
              source: { kind, ...splitName(named.value, owner, qualified) },
              at: named.at,
              optional: optional(item),
              ...tolerated,
            },
          ]
        : [];
    });
}

export function envReader(record: EnvRecord): (scope: Scope, owner: ObjectRef) => (KeyRef | WholeRef)[] {
  if (record.key === undefined) return wholeReader(record);
  const items = over(record.each);
  const applies = condition(record.when);
  const ref = keyReader(record);
  return (scope, owner) => items(scope).flatMap((item) => (applies(item) ? (ref(item, owner) ?? []) : []));
}
