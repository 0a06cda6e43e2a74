import type { Mode } from '../codes.ts';

/** What a mode may depend on, besides the code. */
export interface ModeSubject {
  /** `plural.group`. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Empty where no user asks for anything. */
  readonly username: string;
  /** What the namespace's own label says, where it may say anything. */
  readonly namespaceMode?: Mode;
  /** `YYYY-MM-DD` in UTC. */
  readonly today: string;
}

/** The subject of a finding about one object. `now` is in milliseconds since 1970. */
export const subjectOf = (
  object: Omit<ModeSubject, 'username' | 'today'> & { readonly username?: string },
  now: number,
): ModeSubject => ({ username: '', ...object, today: new Date(now).toISOString().slice(0, 10) });
