import { describedKinds } from '../../src/core/kinds/index.ts';
import { notCovered } from '../../src/core/floor/not-covered.ts';

/** Everything the floor leaves to the webhook. */
export const leftOut = describedKinds().flatMap(notCovered);

const escaped = (text: string): string => text.replaceAll(/[.[\]$]/g, '\\$&');

const pattern = ({ where, below }: (typeof leftOut)[number]): RegExp =>
  new RegExp(`^${escaped(where).replaceAll('\\[*\\]', '\\[[^\\]]*\\]')}${below ? '(?:\\[\\d+\\])?\\.' : ''}`);

/** The place of `leftOut` a finding is at, if it is at one. */
export const leavesOut = (kind: string, code: string, at: string) =>
  leftOut.find((one) => one.kind === kind && one.code === code && pattern(one).test(at));
