import { floor as floorOf } from '../core/floor/index.ts';
import { policyName } from '../core/floor/policy.ts';
import { fieldsAt, isFields, textAt, type Fields } from '../core/k8s/objects.ts';
import { describedKinds } from '../core/kinds/index.ts';
import { coveredBy } from './coverage.ts';
import type { Entries } from './entries.ts';
import { bad, good, unknown, type Check, type DoctorClient } from './examination.ts';
import type { Configured } from './scope.ts';

/** The floor's policies have the settings in them: they and the webhook agree as long as they are made from the same. */

const group = '/apis/admissionregistration.k8s.io/v1/';
const part = 'sallyport.dev/part=floor';
const again =
  'apply it again: sallyport floor --config FILE | kubectl apply -f -, or upgrade the release (docs/floor.md)';

export async function floor(
  { list, namespace }: DoctorClient,
  { configuration }: Configured,
  { failOpen, installed }: Entries,
): Promise<Check[]> {
  const lists = await Promise.all(
    ['ies', 'ybindings'].map((end) => list(`${group}validatingadmissionpolic${end}`, part)),
  ).catch(() => undefined);
  if (!lists) return [unknown('floor', 'you may not list policies')];
  const [policies = [], bindings = []] = lists;
  if (policies.length === 0 && bindings.length === 0)
    return failOpen.has('resources')
      ? [
          bad(
            'floor',
            'not installed, and the API server admits resources while no webhook responds',
            'install it: sallyport floor --config FILE | kubectl apply -f - (docs/floor.md)',
          ),
        ]
      : [good('floor', 'not installed; the API server rejects resources while no webhook responds')];
  if (!configuration)
    return [unknown('floor', 'installed; the configuration to compare it with cannot be read')];
  const made = floorOf(configuration, namespace).filter(isFields);
  // The chart leaves out the policies of kinds for which the webhook is not called.
  const isCovered = coveredBy(installed);
  const needed = new Set(
    describedKinds(configuration.kinds)
      .filter(({ group, plural }) => isCovered(group, plural))
      .map(policyName),
  );
  const differing = made.filter((one) => {
    if (!needed.has(objectName(one))) return false;
    const among = textAt(one, 'kind').endsWith('Binding') ? bindings : policies;
    return !among.some(
      (other) => objectName(other) === objectName(one) && isMadeFrom(other['spec'], one['spec']),
    );
  });
  const names = new Set(made.map(objectName));
  const strangers = [...policies, ...bindings].filter((one) => !names.has(objectName(one)));
  const wrong = [...new Set([...differing, ...strangers].map(objectName))].toSorted();
  if (wrong.length === 0)
    return [good('floor', `all ${policies.length} policies agree with the configuration`)];
  const shown = wrong.slice(0, 3).join(', ');
  const more = wrong.length > 3 ? ` and ${wrong.length - 3} more` : '';
  return [
    bad('floor', `${shown}${more} differ from what this release generates from the configuration`, again),
  ];
}

const objectName = (object: Fields): string => textAt(fieldsAt(object, 'metadata'), 'name');

/** The API server adds defaults to objects; lists it leaves as they were sent. */
function isMadeFrom(is: unknown, should: unknown): boolean {
  if (Array.isArray(should))
    return (
      Array.isArray(is) && is.length === should.length && should.every((one, i) => isMadeFrom(is[i], one))
    );
  if (!isFields(should)) return is === should;
  return isFields(is) && Object.entries(should).every(([key, one]) => isMadeFrom(is[key], one));
}
