import { createHash } from 'node:crypto';
import { identity } from '../core/identity.ts';
import { inGroup, type ObjectRef } from '../core/model.ts';
import type { Reported } from './reported.ts';

type Identified = Pick<Reported, 'finding' | 'object' | 'place'>;

/**
 * What makes a finding the same finding in the next run: its code, its object and its path. Not the file, the line, the
 * version of the resource or any value (of a file that cannot be read, the file), so a finding keeps its fingerprint while its file is edited or moved.
 * 32 hexadecimal digits.
 */
export const fingerprint = ({ finding, object, place }: Identified): string =>
  createHash('sha256')
    .update(
      identity(finding.code, object ? objectIdentity(object) : (place?.file ?? ''), finding.at.toString()),
    )
    .digest('hex')
    .slice(0, 32);

/** One fingerprint for each finding. Findings that share one are counted: the second ends with `:2`. */
export function fingerprints(reported: readonly Identified[]): string[] {
  const seen = new Map<string, number>();
  return reported.map((one) => {
    const print = fingerprint(one);
    const count = (seen.get(print) ?? 0) + 1;
    seen.set(print, count);
    return count === 1 ? print : `${print}:${count}`;
  });
}

const objectIdentity = ({ group, kind, namespace, name }: ObjectRef): string =>
  identity(inGroup(kind, group), namespace, name);
