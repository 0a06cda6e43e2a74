import type { ValueProblem } from '../header-value.ts';

/** What is wrong with a value, in words that go on from "the value ...". */
export const unusable: Readonly<Record<ValueProblem, string>> = {
  empty: 'is empty',
  'control-characters': 'contains a line break or another control character',
  'too-long': 'is too long for a header (over 8 KiB)',
  'not-ascii': 'contains characters outside ASCII',
};

/** MCP204: one code for values in the object and values in a Secret, which need different facts. */
export const unusableValue = {
  code: 'MCP204',
  title: 'value cannot be sent as a header',
  mode: 'enforce',
  atPods: 'refuse',
} as const;
