import { fieldsAt, textAt } from '../core/k8s/objects.ts';
import { grantedRights, type GrantedRight } from '../core/service-accounts.ts';
import { servedGroups } from './discovery.ts';
import { bad, good, unknown, type Check, type DoctorClient } from './examination.ts';

/** Asks for each right that Sallyport needs, as the service account that has it. */

/** As many questions side by side. */
const sideBySide = 16;

export async function rights(client: DoctorClient): Promise<Check[]> {
  const groups = await servedGroups(client);
  // The chart leaves out the rights about kinds that the cluster does not serve, and nothing asks for them.
  const needed = grantedRights.filter(({ group }) => group === '' || (groups?.has(group) ?? true));
  const refused: GrantedRight[] = [];
  for (let i = 0; i < needed.length; i += sideBySide) {
    const batch = needed.slice(i, i + sideBySide);
    const said = await Promise.all(
      batch.map((right) => mayIn(client, right, right.own ? client.namespace : '')),
    );
    if (said.includes(undefined)) return [unknown('rights', 'you may not ask what others may do')];
    refused.push(...batch.filter((_, j) => said[j] === false));
  }
  if (refused.length === 0) return [good('rights', `all ${needed.length} for what the cluster serves`)];
  const narrow = await grantedIn(client, refused);
  if (narrow.length > 0)
    return [good('rights', `those of ${refused[0]?.role} in some namespaces alone: ${narrow.join(', ')}`)];
  const shown = refused.slice(0, 5).map(inWords);
  const more = refused.length > shown.length ? ` and ${refused.length - shown.length} more` : '';
  return [
    bad(
      'rights',
      `the service account may not ${shown.join(', ')}${more}`,
      'install the release again: docs/install.md',
    ),
  ];
}

const inWords = ({ verb, group, resource }: GrantedRight): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}`;

/** The answer of the cluster's own authorizers; `undefined` when they may not be asked. */
async function mayIn(
  { post, namespace }: DoctorClient,
  { account, verb, group, resource, name }: GrantedRight,
  within: string,
): Promise<boolean | undefined> {
  const user = `system:serviceaccount:${namespace}:${account}`;
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const resourceAttributes = {
    namespace: within,
    verb,
    group,
    resource,
    ...(name === undefined ? {} : { name }),
  };
  const answer = await post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups, resourceAttributes },
  });
  if (answer.code !== 201) return undefined;
  return fieldsAt(answer.body, 'status')['allowed'] === true;
}

/** Where a platform binds the role namespace by namespace (docs/configuration.md), all that is refused is refused elsewhere. */
async function grantedIn(client: DoctorClient, refused: readonly GrantedRight[]): Promise<string[]> {
  const roles = new Set(refused.map(({ role }) => role));
  if (roles.size !== 1) return [];
  const bindings = await client.list('/apis/rbac.authorization.k8s.io/v1/rolebindings').catch(() => []);
  const namespaces = bindings
    .filter((binding) => roles.has(textAt(fieldsAt(binding, 'roleRef'), 'name')))
    .map((binding) => textAt(fieldsAt(binding, 'metadata'), 'namespace'));
  for (const namespace of namespaces) {
    const said = await Promise.all(refused.map((right) => mayIn(client, right, namespace)));
    if (!said.every((one) => one === true)) return [];
  }
  return namespaces;
}
