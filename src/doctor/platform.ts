import { textAt } from '../core/k8s/objects.ts';
import { shellName } from '../core/shell.ts';
import { bad, good, unknown, unreadable, type Check, type DoctorClient } from './examination.ts';

/** Native sidecars are on, and `matchConditions` and ValidatingAdmissionPolicy stable, from here on. */
const oldestMinor = 30;

export async function kubernetes({ get }: DoctorClient): Promise<Check[]> {
  const { body } = await get('/version');
  const version = textAt(body, 'gitVersion');
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return [unknown('kubernetes', 'the API server does not say its version')];
  if (Number(major) > 1 || Number(minor) >= oldestMinor) return [good('kubernetes', version)];
  return [
    bad(
      'kubernetes',
      `${version} is older than 1.${oldestMinor}`,
      `upgrade to Kubernetes 1.${oldestMinor} or newer`,
    ),
  ];
}

const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic';
const guardFix = 'install the release again: docs/install.md';
/** The policies of the chart's guard.yaml. */
const guardPolicies = ['sallyport-guard', 'sallyport-names'] as const;

export const guard = (client: DoctorClient): Promise<Check[]> =>
  Promise.all(guardPolicies.map((name) => denies(client, name)));

/** A policy without a binding is not evaluated. */
async function denies({ get }: DoctorClient, name: string): Promise<Check> {
  const policy = await get(`${policies}ies/${name}`);
  if (policy.code === 404) return bad('guard', `the policy ${name} is not installed`, guardFix);
  if (policy.code !== 200) return unreadable('guard', `the policy ${name}`, policy);
  const binding = await get(`${policies}ybindings/${name}`);
  if (binding.code === 404)
    return bad(
      'guard',
      `the policy ${name} has no binding, so the API server does not evaluate it`,
      guardFix,
    );
  if (binding.code !== 200) return unreadable('guard', `the binding ${name}`, binding);
  const actions = (binding.body['spec'] as { validationActions?: unknown } | undefined)?.validationActions;
  if (!Array.isArray(actions) || !actions.includes('Deny'))
    return bad('guard', `the binding ${name} does not deny`, guardFix);
  return good('guard', `${name} denies`);
}

/** What answers the API server, what tells it whom to trust, and what looks at pods afterwards. */
const deployments: readonly Deployment[] = [
  { name: 'sallyport' },
  { name: 'sallyport-certificates' },
  { name: 'sallyport-watcher', without: 'no events about pods, and no counts of them (watcher.enabled)' },
];

interface Deployment {
  readonly name: string;
  /** What there is not without it, where an installation may leave it out. */
  readonly without?: string;
}

export async function replicas(client: DoctorClient): Promise<Check[]> {
  return Promise.all(deployments.map((one) => deployment(client, one)));
}

async function deployment({ get, namespace }: DoctorClient, { name, without }: Deployment): Promise<Check> {
  const answer = await get(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  if (answer.code === 404 && without !== undefined) return good('replicas', `no ${name}: ${without}`);
  if (answer.code === 404)
    return bad(
      'replicas',
      `there is no Deployment ${name} in namespace ${namespace}`,
      'install it: docs/install.md, or say where it is with -n',
    );
  if (answer.code !== 200) return unreadable('replicas', `the Deployment ${name}`, answer);
  const wanted = count(answer.body['spec'], 'replicas');
  const ready = count(answer.body['status'], 'readyReplicas');
  if (wanted === 0)
    return bad(
      'replicas',
      `${name} is scaled to 0`,
      `kubectl -n ${shellName(namespace)} scale deployment/${name} --replicas=${without === undefined ? 2 : 1}`,
    );
  if (ready < wanted)
    return bad(
      'replicas',
      `${ready} of ${wanted} of ${name} are ready`,
      `see why: kubectl -n ${shellName(namespace)} describe pods -l app.kubernetes.io/name=${name}, and their log`,
    );
  return good('replicas', `${ready} of ${wanted} of ${name} are ready`);
}

const count = (value: unknown, key: string): number => {
  const found = (value as Record<string, unknown> | undefined)?.[key];
  return typeof found === 'number' ? found : 0;
};
