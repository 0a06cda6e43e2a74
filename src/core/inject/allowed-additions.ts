import { fieldsAt, isFields, listAt, textAt, type Fields } from '../k8s/objects.ts';
import { isSame } from './differences.ts';

/**
 * What other injectors and the API server may add to a container or volume of ours: a closed list, as data. Planning
 * keeps these additions when it replaces the container, and the final check accepts them. Any other field is a
 * difference, so a field of a future Kubernetes version is refused until it has an entry here.
 */

/** A workload identity: a token of the pod's own ServiceAccount for a cloud, and variables that no code of ours reads. */
interface WorkloadIdentity {
  readonly volume: string;
  readonly mountPath: string;
  readonly variables: readonly string[];
}

const awsRegion = ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_STS_REGIONAL_ENDPOINTS'];

const workloadIdentities: readonly WorkloadIdentity[] = [
  // IAM roles for service accounts: github.com/aws/amazon-eks-pod-identity-webhook.
  {
    volume: 'aws-iam-token',
    mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
    variables: ['AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE', ...awsRegion],
  },
  // EKS Pod Identity, from the same webhook.
  {
    volume: 'eks-pod-identity-token',
    mountPath: '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount',
    variables: ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', ...awsRegion],
  },
  // github.com/Azure/azure-workload-identity.
  {
    volume: 'azure-identity-token',
    mountPath: '/var/run/secrets/azure/tokens',
    variables: ['AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_FEDERATED_TOKEN_FILE', 'AZURE_AUTHORITY_HOST'],
  },
];

const identityVariables: ReadonlySet<string> = new Set(
  workloadIdentities.flatMap(({ variables }) => variables),
);

/** A VPA sets these, a LimitRange too. Devices (extended resources, claims) could bring mounts and variables. */
const resizable: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** The API server's default, and names beside it. The kubelet mounts an empty file there, so it must hide nothing. */
const terminationMessagePath = /^\/dev\/termination-[a-z0-9-]+$/;

const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

type Allowed = Readonly<Record<string, (value: unknown) => boolean>>;

/** Fields of a container that may be added, or set to another value, with the values that are accepted. */
const containerFields: Allowed = {
  imagePullPolicy: oneOf('Always', 'IfNotPresent', 'Never'),
  terminationMessagePath: (value) => typeof value === 'string' && terminationMessagePath.test(value),
  terminationMessagePolicy: oneOf('File', 'FallbackToLogsOnError'),
  resources: (value) => isFields(value) && Object.entries(value).every(isResizable),
  // Some versions of the API server fill this in for every container.
  resizePolicy: (value) => Array.isArray(value) && value.every(isDefaultResizePolicy),
};

/** The values that mean the same as leaving the field out. */
const probeFields: Allowed = { successThreshold: oneOf(1), initialDelaySeconds: oneOf(0) };
const mountFields: Allowed = { recursiveReadOnly: oneOf('Disabled'), mountPropagation: oneOf('None') };

const securityFields: Allowed = {
  procMount: oneOf('Default'),
  // A label of its own confines the container further; another type could lift the confinement.
  seLinuxOptions: (value) => isFields(value) && Object.keys(value).every((key) => key === 'level'),
  appArmorProfile: (value) => isSame(value, { type: 'RuntimeDefault' }),
};

/** Where the platform sets the uid, as OpenShift does: any but root's. */
const platformUids: Allowed = { runAsUser: isUid, runAsGroup: isUid };

export interface AllowedContext {
  readonly pod: Fields;
  readonly ownUids: boolean;
  /** False where the container is another release's: it gets today's resources. */
  readonly keepResources: boolean;
}

/** The generated container with what others may have added to the existing one, and nothing else of that one. */
export function withAllowedAdditions(
  generated: Fields,
  existing: Fields,
  { pod, ownUids, keepResources }: AllowedContext,
): Fields {
  const { resources, ...others } = containerFields;
  const top = keepResources && resources ? { ...others, resources } : others;
  const security = ownUids ? { ...securityFields, ...platformUids } : securityFields;
  const env = keptVariables(generated, existing);
  const volumeMounts = keptMounts(generated, existing, pod);
  return {
    ...withAllowed(generated, existing, top),
    ...nested('startupProbe', probeFields, generated, existing),
    ...nested('securityContext', security, generated, existing),
    ...(env.length === 0 ? {} : { env }),
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
}

/** What the API server fills in where Sallyport leaves it out. */
const volumeDefaults: readonly { readonly kind: string; readonly allowed: Allowed }[] = [
  { kind: 'projected', allowed: { defaultMode: oneOf(0o644) } },
  { kind: 'downwardAPI', allowed: { defaultMode: oneOf(0o644) } },
];

/** The generated volume with the API server's defaults of the existing one. */
export function withVolumeDefaults(generated: Fields, existing: Fields): Fields {
  const found = volumeDefaults.find(({ kind }) => isFields(generated[kind]));
  if (!found) return generated;
  const { kind, allowed } = found;
  const own = fieldsAt(generated, kind);
  const merged = own['defaultMode'] === undefined ? nested(kind, allowed, generated, existing) : {};
  const items = listAt(own, 'items');
  if (items.length === 0) return { ...generated, ...merged };
  const there = listAt(fieldsAt(existing, kind), 'items');
  const withDefaults = items.map((item, i) => ({
    ...item,
    ...nested('fieldRef', { apiVersion: oneOf('v1') }, item, there[i] ?? {}),
  }));
  return { ...generated, [kind]: { ...own, ...fieldsAt(merged, kind), items: withDefaults } };
}

function withAllowed(generated: Fields, existing: Fields, allowed: Allowed): Fields {
  const kept = Object.entries(allowed).filter(
    ([key, accepts]) => existing[key] !== undefined && existing[key] !== null && accepts(existing[key]),
  );
  return { ...generated, ...Object.fromEntries(kept.map(([key]) => [key, existing[key]])) };
}

function nested(key: string, allowed: Allowed, generated: Fields, existing: Fields): Fields {
  const [own, there] = [generated[key], existing[key]];
  return isFields(own) && isFields(there) ? { [key]: withAllowed(own, there, allowed) } : {};
}

/** Ours in their order, and each variable of a workload identity once, where it is or behind ours. */
function keptVariables(generated: Fields, existing: Fields): readonly Fields[] {
  const own = listAt(generated, 'env');
  const names = new Set(own.map((entry) => textAt(entry, 'name')));
  return inPlace(own, listAt(existing, 'env'), (entry) => {
    const name = textAt(entry, 'name');
    if (!identityVariables.has(name) || names.has(name) || typeof entry['value'] !== 'string') return false;
    names.add(name);
    return Object.keys(entry).every((key) => key === 'name' || key === 'value');
  });
}

function keptMounts(generated: Fields, existing: Fields, pod: Fields): readonly Fields[] {
  const seen = new Set<string>();
  const there = listAt(existing, 'volumeMounts');
  const byPath = new Map(there.map((mount) => [mount['mountPath'], mount]));
  const own = listAt(generated, 'volumeMounts').map((mount) =>
    withAllowed(mount, byPath.get(mount['mountPath']) ?? {}, mountFields),
  );
  return inPlace(own, there, (mount) => {
    const identity = workloadIdentities.find(({ volume }) => volume === mount['name']);
    if (!identity || seen.has(identity.volume)) return false;
    seen.add(identity.volume);
    const { volume: name, mountPath } = identity;
    const plain = Object.keys(mount).length === 3 && mount['mountPath'] === mountPath;
    return plain && mount['readOnly'] === true && isOwnToken(pod, name);
  });
}

/** The existing list where it is ours with allowed items between, and otherwise ours with those behind. */
function inPlace(
  own: readonly Fields[],
  existing: readonly Fields[],
  isAllowed: (item: Fields) => boolean,
): readonly Fields[] {
  const allowed = new Set(existing.filter(isAllowed));
  const others = existing.filter((item) => !allowed.has(item));
  return isSame(others, own) ? existing : [...own, ...allowed];
}

/** A projection of tokens of the pod's ServiceAccount, and of nothing else. */
function isOwnToken(pod: Fields, name: string): boolean {
  const volume = listAt(fieldsAt(pod, 'spec'), 'volumes').find((one) => textAt(one, 'name') === name);
  const sources = listAt(fieldsAt(volume, 'projected'), 'sources');
  return (
    sources.length > 0 &&
    sources.every((source) => Object.keys(source).every((key) => key === 'serviceAccountToken'))
  );
}

const isResizable = ([part, amounts]: [string, unknown]): boolean =>
  (part === 'requests' || part === 'limits') &&
  isFields(amounts) &&
  Object.keys(amounts).every((name) => resizable.has(name));

const isDefaultResizePolicy = (policy: unknown): boolean =>
  ['cpu', 'memory'].some((resourceName) => isSame(policy, { resourceName, restartPolicy: 'NotRequired' }));

function isUid(value: unknown): boolean {
  return typeof value === 'number' && value > 0;
}
