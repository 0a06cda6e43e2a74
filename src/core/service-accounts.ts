import { isInjectable, type KindDescription } from './kinds/description.ts';
import { describedKinds } from './kinds/index.ts';
import { operatorAdapters } from './operators/index.ts';

/**
 * What each service account of Sallyport may do. The chart's roles, `sallyport doctor` and the tests that record the
 * requests of each program use this list.
 */

export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Left out: every object of the resource. */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
  /** What the right is for. */
  readonly why: string;
}

export interface Role {
  readonly name: string;
  readonly account: string;
  /** `Role` applies in Sallyport's own namespace alone. */
  readonly kind: 'ClusterRole' | 'Role';
  readonly rules: readonly RoleRule[];
}

interface Readable {
  readonly group: string;
  readonly plural: string;
}

const core = '';
const registration = 'admissionregistration.k8s.io';
const ownWebhooks = {
  apiGroups: [registration],
  resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
  resourceNames: ['sallyport'],
} as const;

/** ConfigMaps are a kind too, and have a rule of their own. */
const customKinds = describedKinds().filter(({ group }) => group !== core);

const readByAdapters: readonly Readable[] = operatorAdapters.flatMap(({ reads }) =>
  reads.flatMap(({ groups, plural }) => groups.map((group) => ({ group, plural }))),
);

/** Whether the kind is read in every cluster, as the owner of operator-made pods. */
export const isReadByAdapter = ({ group, plural }: Readable): boolean =>
  readByAdapters.some((one) => one.group === group && one.plural === plural);

/** One rule for each API group. */
function reading(all: readonly Readable[], verbs: readonly string[], why: string): RoleRule[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, plural } of all) groups.set(group, (groups.get(group) ?? new Set()).add(plural));
  return [...groups].map(([group, plurals]) => ({
    apiGroups: [group],
    resources: [...plurals].toSorted(),
    verbs,
    why,
  }));
}

const getting = (all: readonly Readable[], why: string): RoleRule[] => reading(all, ['get'], why);

const limits: RoleRule = {
  apiGroups: [core],
  resources: ['limitranges', 'resourcequotas'],
  verbs: ['list'],
  why: 'The resources of the proxy fit the limits of the namespace.',
};

/** What admission reads of these kinds, and of what operators' pods are made of. */
export const readByAdmission = (
  kinds: readonly KindDescription[],
  others: readonly Readable[] = [],
): RoleRule[] => [
  ...getting(
    [...kinds, ...others],
    'Resources that other resources and pods name, and the owners of operator-made pods: any user may set a label.',
  ),
  ...watchedByAdmission(kinds),
];

const watchedByAdmission = (kinds: readonly KindDescription[]): RoleRule[] =>
  reading(
    kinds.filter(isInjectable),
    ['list', 'watch'],
    'The versions of the resources that pods name, so that one is read again only when it changes. Optional.',
  );

/** What the watcher reads of these kinds. */
export const readByWatcher = (all: readonly Readable[]): RoleRule[] =>
  getting(
    all,
    "The current content of the resources of a pod's servers, and the owners of operator-made pods.",
  );

/** The role of admission where these kinds are covered. */
export const admissionRole = (kinds: readonly KindDescription[]): Role => ({
  name: 'sallyport-admission',
  account: 'sallyport',
  kind: 'ClusterRole',
  rules: [
    {
      apiGroups: [core],
      resources: ['secrets', 'configmaps'],
      verbs: ['get'],
      why: 'The Secrets and ConfigMaps that the reviewed resources name.',
    },
    limits,
    {
      apiGroups: [core],
      resources: ['pods'],
      verbs: ['list'],
      why: 'The number of pods that a changed resource makes outdated (MCP510), from their metadata. Optional.',
    },
    ...readByAdmission(kinds, readByAdapters),
  ],
});

/** The role of the watcher where these kinds are covered. */
export const watcherRole = (kinds: readonly KindDescription[]): Role => ({
  name: 'sallyport-watcher',
  account: 'sallyport-watcher',
  kind: 'ClusterRole',
  rules: [
    { apiGroups: [core], resources: ['pods'], verbs: ['list', 'watch'], why: 'The pods that it examines.' },
    {
      apiGroups: [core],
      resources: ['events'],
      verbs: ['create', 'patch'],
      why: 'Its events about them.',
    },
    {
      apiGroups: [core],
      resources: ['namespaces'],
      verbs: ['get'],
      why: 'The mode of a namespace, and whether the platform assigns user IDs there.',
    },
    limits,
    {
      apiGroups: [core],
      resources: ['configmaps'],
      verbs: ['get'],
      why: 'Servers in ConfigMaps, and the configuration that ToolHive mounts.',
    },
    ...readByWatcher([...kinds.filter(isInjectable), ...readByAdapters]),
  ],
});

const otherRoles: readonly Role[] = [
  {
    name: 'sallyport-questions',
    account: 'sallyport',
    kind: 'ClusterRole',
    rules: [
      {
        apiGroups: [core],
        resources: ['namespaces'],
        verbs: ['get'],
        why: "A namespace's label may choose a mode, if the configuration permits it.",
      },
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['subjectaccessreviews'],
        verbs: ['create'],
        why: 'Whether the requester may use a Secret without the resource under review.',
      },
    ],
  },
  {
    name: 'sallyport-installed',
    account: 'sallyport',
    kind: 'ClusterRole',
    rules: [{ ...ownWebhooks, verbs: ['get'], why: 'Which CA the API server trusts.' }],
  },
  {
    name: 'sallyport',
    account: 'sallyport',
    kind: 'Role',
    rules: [
      {
        apiGroups: [core],
        resources: ['secrets'],
        resourceNames: ['sallyport-webhook', 'sallyport-path'],
        verbs: ['get'],
        why: 'The certificate and the path that a replica serves.',
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'patch'],
        why: 'The report of a replica.',
      },
    ],
  },
  {
    name: 'sallyport-certificates',
    account: 'sallyport-certificates',
    kind: 'ClusterRole',
    rules: [{ ...ownWebhooks, verbs: ['get', 'patch'], why: 'The CA bundle and the path of each entry.' }],
  },
  {
    name: 'sallyport-certificates',
    account: 'sallyport-certificates',
    kind: 'Role',
    rules: [
      { apiGroups: [core], resources: ['secrets'], verbs: ['create'], why: 'Its three Secrets.' },
      {
        apiGroups: [core],
        resources: ['secrets'],
        resourceNames: ['sallyport-authority', 'sallyport-webhook', 'sallyport-path'],
        verbs: ['get', 'update'],
        why: 'Its three Secrets.',
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['create', 'list'],
        why: 'The reports of the replicas, and the Lease of the leader.',
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['sallyport-certificates'],
        verbs: ['get', 'update'],
        why: 'The Lease of the leader.',
      },
    ],
  },
];

/** What the accounts may read of a team's own kinds: as much as of the built-in ones. */
export function ownKindRoles(own: readonly KindDescription[]): readonly Role[] {
  const roleOf = (account: string, rules: readonly RoleRule[]): Role => ({
    name: `${account}-own-kinds`,
    account,
    kind: 'ClusterRole',
    rules,
  });
  return [
    roleOf(
      'sallyport',
      reading(
        own,
        ['get', 'list', 'watch'],
        'Resources of own kinds that other resources and pods name, and their versions.',
      ),
    ),
    roleOf(
      'sallyport-watcher',
      getting(own.filter(isInjectable), "The current content of the resources of a pod's servers."),
    ),
  ].filter(({ rules }) => rules.length > 0);
}

/** Every role that the manifests install, with the rights for every family. */
export const roles: readonly Role[] = [admissionRole(customKinds), watcherRole(customKinds), ...otherRoles];

/** One right of a role. */
export interface GrantedRight {
  readonly account: string;
  readonly role: string;
  /** In Sallyport's own namespace alone. */
  readonly own: boolean;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Of this object alone. */
  readonly name?: string;
}

/** Every right of every role, one by one. */
export const grantedRights: readonly GrantedRight[] = roles.flatMap(({ name: role, account, kind, rules }) =>
  rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb): GrantedRight[] => {
          const right = { account, role, own: kind === 'Role', verb, group, resource };
          return resourceNames ? resourceNames.map((name) => ({ ...right, name })) : [right];
        }),
      ),
    ),
  ),
);
