import manifest from '../../manifests/base/sallyport.yaml';
import { fieldsAt, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { bad, good, unknown, type Check, type DoctorClient } from './examination.ts';

/** What the manifests grant is what Sallyport needs: each of it is asked for, as the service account that has it. */

interface Right {
  readonly account: string;
  readonly role: string;
  /** Of Sallyport's own namespace alone. */
  readonly own: boolean;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
}

const documents = manifest as readonly Fields[];
const texts = (value: Fields, key: string): string[] => {
  const found = value[key];
  return Array.isArray(found) ? found.map(String) : [];
};

const needed: readonly Right[] = documents.filter(isBinding).flatMap((binding) => {
  const { kind, name } = fieldsAt(binding, 'roleRef');
  const role = documents.find((one) => one['kind'] === kind && fieldsAt(one, 'metadata')['name'] === name);
  return listAt(binding, 'subjects').flatMap((subject) =>
    listAt(role, 'rules').flatMap((rule) =>
      rightsOf(rule, textAt(subject, 'name'), String(name), kind === 'Role'),
    ),
  );
});

function isBinding({ kind }: Fields): boolean {
  return kind === 'RoleBinding' || kind === 'ClusterRoleBinding';
}

function rightsOf(rule: Fields, account: string, role: string, own: boolean): Right[] {
  const names = texts(rule, 'resourceNames');
  return texts(rule, 'apiGroups').flatMap((group) =>
    texts(rule, 'resources').flatMap((resource) =>
      texts(rule, 'verbs').flatMap((verb) => {
        const right = { account, role, own, verb, group, resource };
        return names.length === 0 ? [right] : names.map((name) => ({ ...right, name }));
      }),
    ),
  );
}

/** As many questions side by side. */
const sideBySide = 16;

export async function rights(client: DoctorClient): Promise<Check[]> {
  const refused: Right[] = [];
  for (let i = 0; i < needed.length; i += sideBySide) {
    const batch = needed.slice(i, i + sideBySide);
    const said = await Promise.all(
      batch.map((right) => mayIn(client, right, right.own ? client.namespace : '')),
    );
    if (said.includes(undefined)) return [unknown('rights', 'you may not ask what others may do')];
    refused.push(...batch.filter((_, j) => said[j] === false));
  }
  if (refused.length === 0) return [good('rights', `all ${needed.length} that the manifests grant`)];
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

const inWords = ({ verb, group, resource }: Right): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}`;

/** The answer of the cluster's own authorizers; `undefined` when they may not be asked. */
async function mayIn(
  { post, namespace }: DoctorClient,
  { account, verb, group, resource, name }: Right,
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
async function grantedIn(client: DoctorClient, refused: readonly Right[]): Promise<string[]> {
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
