import type { KeyRef, Located, ObjectRef, WholeRef } from '../../model.ts';
import type { ServerShape } from '../description.ts';
import type { Scope } from '../path/evaluate.ts';
import type { Condition, PathExpression } from '../path/parse.ts';
import { applicable, flag, optionalPath, over, path, placeReader, type Read } from './reads.ts';

type EnvRecord = ServerShape['env'][number];

interface KeyRecord {
  readonly secret?: PathExpression | undefined;
  readonly configMap?: PathExpression | undefined;
  readonly key?: PathExpression | undefined;
  readonly keyByWord?: EnvRecord['keyByWord'];
  readonly namespace?: PathExpression | undefined;
  readonly qualified?: boolean | undefined;
  readonly requiredLabels?: EnvRecord['requiredLabels'];
  readonly optional?: Condition | true | undefined;
}

export function keyReader(record: KeyRecord): (scope: Scope, owner: ObjectRef) => KeyRef | undefined {
  const name = optionalPath(record.secret ?? record.configMap);
  const key = keyNameReader(record);
  const place = placeReader(record);
  const optional = flag(record.optional);
  const kind = record.secret === undefined ? 'ConfigMap' : 'Secret';
  const needed = labelsIn(record);
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
      ...needed,
    };
  };
}

type WholeRecord = Pick<EnvRecord, 'each' | 'secret' | 'optional'> &
  Partial<
    Pick<
      EnvRecord,
      'configMap' | 'namespace' | 'qualified' | 'requiredLabels' | 'when' | 'unless' | 'tolerated' | 'copied'
    >
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
  const needed = labelsIn(record);
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const named = applies(item) ? name(item) : undefined;
      return named
        ? [
            {
              source: { kind, ...place(named.value, item, owner) },
              at: named.at,
              optional: optional(item),
              ...needed,
              ...tolerated,
              ...copied,
            },
          ]
        : [];
    });
}

export function envReader(record: EnvRecord): (scope: Scope, owner: ObjectRef) => (KeyRef | WholeRef)[] {
  if ((record.key ?? record.keyByWord) === undefined) return wholeReader(record);
  const items = over(record.each);
  const applies = applicable(record);
  const ref = keyReader(record);
  const copied = copiedIn(record);
  return (scope, owner) =>
    items(scope).flatMap((item) => {
      const found = applies(item) ? ref(item, owner) : undefined;
      if (!found) return [];
      // Which key goes with an unknown word is not known; that the Secret is there still is.
      const { key: _, keyAt: __, ...whole } = found;
      const isWhole = record.keyByWord !== undefined && found.key === '';
      return [{ ...(isWhole ? whole : found), ...copied }];
    });
}

/** The key that the object names, or the one that goes with a word of it. */
function keyNameReader({ key, keyByWord }: KeyRecord): Read<Located<string> | undefined> {
  const written = optionalPath(key);
  if (!keyByWord) return written;
  const word = path(keyByWord.path);
  const keys = new Map(Object.entries(keyByWord.values));
  return (scope) => {
    const named = written(scope);
    if (named && named.value !== '') return named;
    const found = word(scope);
    const value = (found && keys.get(found.value)) ?? keyByWord.default;
    return value === undefined ? undefined : { value, at: scope.item.at };
  };
}

const labelsIn = ({ requiredLabels }: Pick<KeyRecord, 'requiredLabels'>) =>
  requiredLabels === undefined ? {} : { requiredLabels };

const copiedIn = ({ copied }: Partial<Pick<EnvRecord, 'copied'>>) => (copied === undefined ? {} : { copied });
