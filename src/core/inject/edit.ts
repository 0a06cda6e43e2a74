/**
 * One change of a pod: an RFC 6902 operation, and the sentence that explains it. What is not ours is only ever added to;
 * `replace` and `remove` are for what stands under our own names in a pod that was restored, copied or changed.
 */
export type Edit =
  | {
      readonly op: 'add' | 'replace';
      readonly path: string;
      readonly value: unknown;
      /** Left out for the empty parents an addition needs. */
      readonly explain?: string;
    }
  | { readonly op: 'remove'; readonly path: string; readonly explain?: string };

/** `~` and `/` have a meaning in JSON pointers; annotation keys contain `/`. */
export const pointer = (...keys: readonly (string | number)[]): string =>
  keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The operations alone, as the API server takes them. */
export const toPatch = (edits: readonly Edit[]) =>
  edits.map((edit) =>
    edit.op === 'remove'
      ? { op: edit.op, path: edit.path }
      : { op: edit.op, path: edit.path, value: edit.value },
  );

/** The same edits for whatever holds the pod at that place. */
export const prefixed = (prefix: string, edits: readonly Edit[]): readonly Edit[] =>
  prefix === '' ? edits : edits.map((edit) => ({ ...edit, path: `${prefix}${edit.path}` }));
