import { metadata, type Code } from './rules/index.ts';
import type { RuleMetadata } from './rules/metadata.ts';

export { modes, type Mode } from './modes.ts';
export type { Code } from './rules/index.ts';

/** The metadata of every rule by its code, in order. docs/rules.md has a section for each and a test compares the two. */
export const codes = Object.fromEntries(metadata.map((one) => [one.code, one])) as Readonly<
  Record<Code, RuleMetadata<Code>>
>;

export const isCode = (text: string): text is Code => Object.hasOwn(codes, text);
