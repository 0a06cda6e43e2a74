import type { Configuration } from '../core/configuration.ts';
import { shownName } from '../core/printable.ts';
import { bad, good, unknown, type Check, type DoctorClient } from './examination.ts';

const maxShown = 5;

/** Operator-made pods that were admitted while no webhook ran. Nothing while every operator is off. */
export async function missed(
  { missedPods }: Pick<DoctorClient, 'missedPods'>,
  configuration: Configuration | undefined,
): Promise<Check[]> {
  if (!configuration || !Object.values(configuration.inject.families).some(Boolean)) return [];
  const pods = await missedPods(configuration).catch(() => undefined);
  if (!pods)
    return [unknown('missed', 'the pods of operators could not be listed: see that you may list pods')];
  if (pods.length === 0) return [good('missed', 'no operator-made pod was missed while no webhook ran')];
  const more = pods.length > maxShown ? ` and ${pods.length - maxShown} more` : '';
  return [
    bad(
      'missed',
      `admitted with their credentials while no webhook ran, or before their operator was switched on: ${pods.slice(0, maxShown).map(shownName).join(', ')}${more}`,
      'have their operators create them again: docs/operators.md#after-an-outage; sallyport audit gives the reason of each',
    ),
  ];
}

/** Kelos and its older name. */
const groups = ['kelos.dev', 'axon.io'];

/** No API returns the audit policy, so where Kelos is installed the user must check it. */
export async function auditLog({ get }: Pick<DoctorClient, 'get'>): Promise<Check[]> {
  const codes = await Promise.all(groups.map(async (group) => (await get(`/apis/${group}`)).code));
  if (!codes.includes(200)) return [];
  return [
    unknown(
      'audit log',
      'Kelos sends tokens to the API server, whose audit log keeps them at level Request or RequestResponse: docs/operators.md#the-api-servers-audit-log',
    ),
  ];
}
