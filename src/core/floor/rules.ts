import type { Code } from '../codes.ts';
import { metadata } from '../rules/index.ts';
import type { FloorPart, FloorSentence } from '../rules/metadata.ts';

/** A rule that the admission policies judge as well. */
export interface FloorRule {
  readonly code: Code;
  readonly mode: string;
  readonly part: FloorPart;
  readonly sentence: FloorSentence;
}

export const floorRules: readonly FloorRule[] = metadata.flatMap(({ code, mode, floor }) =>
  floor ? [{ code, mode, ...floor }] : [],
);

export const floorCodes: readonly Code[] = floorRules.map(({ code }) => code);

/** The code under which a part of a server is judged. */
export function codeOf(part: FloorPart): Code {
  const rule = floorRules.find((one) => one.part === part);
  if (!rule) throw new Error(`no rule judges the ${part} of a server in an admission policy`);
  return rule.code;
}
