import { NotListed } from '../core/cluster.ts';
import type { Configuration } from '../core/configuration.ts';
import { writtenKinds } from '../core/kinds/index.ts';
import { inGroup } from '../core/model.ts';
import { coverageOfPages, isComplete, type Coverage } from '../core/schemas/coverage.ts';
import { good, unknown, type Check, type DoctorClient } from './examination.ts';

/** Kinds that are named; `kinds coverage` prints all of them. */
const shown = 5;

/** What the definitions of the cluster have and no description reads. It is unknown whether there is a credential. */
export async function unread(
  { definitions }: Pick<DoctorClient, 'definitions'>,
  configuration: Configuration | undefined,
): Promise<Check[]> {
  try {
    const found = await coverageOfPages(definitions(), writtenKinds(configuration?.kinds));
    return [checkOf(found)];
  } catch (error) {
    if (!(error instanceof NotListed)) throw error;
    return [
      unknown(
        'coverage',
        `the custom resource definitions were not compared with what Sallyport reads: ${error.message}`,
      ),
    ];
  }
}

function checkOf({ kinds }: Coverage): Check {
  const described = kinds.filter(({ family }) => family !== undefined);
  const incomplete = kinds.filter((one) => !isComplete(one));
  if (incomplete.length === 0)
    return good(
      'coverage',
      `every field that can hold a credential is read, of all ${described.length} known kinds that the cluster has`,
    );
  const ofDescribed = incomplete.filter(({ family }) => family !== undefined);
  const fields = ofDescribed.reduce((sum, one) => sum + one.unread.length, 0);
  const versions = ofDescribed.reduce(
    (sum, one) => sum + one.unknownVersions.length + one.unchecked.length,
    0,
  );
  const parts = [
    counted(versions, 'version'),
    counted(fields, 'field'),
    counted(incomplete.length - ofDescribed.length, 'kind'),
  ].filter((part) => part !== '');
  const names = incomplete.slice(0, shown).map(({ kind, group }) => inGroup(kind, group));
  const more = incomplete.length > shown ? ` and ${incomplete.length - shown} more` : '';
  return unknown(
    'coverage',
    `${parts.join(', ')} can hold a credential and ${parts.length === 1 && parts[0]?.startsWith('1 ') ? 'is' : 'are'} not read, of ${names.join(', ')}${more}; to list them: sallyport kinds coverage --context NAME`,
  );
}

const counted = (count: number, word: string): string =>
  count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
