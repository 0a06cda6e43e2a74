/** One addition to a pod: an RFC 6902 operation, and the sentence that explains it. */
export interface Edit {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
  /** Left out for the empty parents an addition needs. */
  readonly explain?: string;
}

/** `~` and `/` have a meaning in JSON pointers; annotation keys contain `/`. */
export const pointer = (...keys: readonly (string | number)[]): string =>
  keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The operations alone, as the API server takes them. */
export const toPatch = (edits: readonly Edit[]) => edits.map(({ op, path, value }) => ({ op, path, value }));
