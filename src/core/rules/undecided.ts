import type { Unknown, UnknownCause } from '../facts.ts';

const again = 'apply it again; if the error remains, ask your platform team to check sallyport_lookups_total';
const split = 'name fewer Secrets in one resource: split it into several';

/** What to do about a question that could not be answered. */
const fixes: Readonly<Record<UnknownCause, string>> = {
  late: again,
  throttled: again,
  failed: again,
  malformed: again,
  'too-many': split,
  'too-large': 'store the credential in a Secret that holds nothing else',
  forbidden: 'ask your platform team to grant Sallyport the right',
  withheld: 'ask a person who may read the Secret to apply this resource',
  'not-asked': 'give a cluster with --context NAME',
};

export const fixFor = ({ cause }: Unknown): string => fixes[cause];
