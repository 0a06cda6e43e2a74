import { identity, type Finding } from '../finding.ts';
import { maxStepsPerReview, objectLimits } from '../limits.ts';
import { contentDigest } from '../measure.ts';
import type { Excess } from '../work.ts';

/** What a finding says of an object that is over a limit. */
export const clausesOf = ({ limit, at }: Excess): Pick<Finding, 'code' | 'at' | 'what' | 'why' | 'fix'> => ({
  code: 'MCP002',
  at,
  what:
    limit === 'steps'
      ? `judging the object takes more than the limit of ${maxStepsPerReview} steps`
      : `the object is over the limit of ${objectLimits[limit].most} ${objectLimits[limit].what}`,
  why: 'Sallyport does not judge what is over a limit, and what is not judged is not permitted',
  fix: 'make it smaller or split it into several objects; if it must be like that, ask your platform team for an exemption',
});

/**
 * The same across an update only while the object says the same: its finalizers may change, and nothing that could bring
 * in what was not judged. An object that cannot be compared is never the same.
 */
export function overLimit(excess: Excess, object: unknown): Finding {
  const digest = contentDigest(object);
  return { ...clausesOf(excess), identity: digest === undefined ? '' : identity('MCP002', digest) };
}
