import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { repository } from './cache.ts';
import { testNamespace } from './objects.ts';
import { writeKubeconfig, type Authority, type Files } from './certificates.ts';
import { apiServiceAddress, clusterRange, nodeAddress, serviceRange } from './network.ts';

/** The programs of the control plane with their flags, in the order they start. Each flag is there for a reason. */

export interface Program {
  readonly name: string;
  readonly command: readonly string[];
}

interface Parts {
  readonly binary: string;
  readonly folder: string;
  readonly authority: Authority;
}

export const apiServer = `https://${nodeAddress}:6443`;
const etcd = 'http://127.0.0.1:2379';

export async function controlPlane({ binary, folder, authority }: Parts): Promise<readonly Program[]> {
  const pki = path.dirname(authority.certificate);
  const serving = await authority.issue('apiserver', {
    name: 'kube-apiserver',
    hosts: [
      'DNS:kubernetes',
      'DNS:kubernetes.default',
      'DNS:kubernetes.default.svc',
      `IP:${apiServiceAddress}`,
      `IP:${nodeAddress}`,
      'IP:127.0.0.1',
    ],
  });
  const toKubelet = await authority.issue('apiserver-kubelet', {
    name: 'apiserver',
    group: 'system:masters',
  });
  // Tokens are checked with a certificate's public key and signed with its private one.
  const tokens = await authority.issue('service-accounts', { name: 'service-accounts' });
  const kubeconfig = async (name: string, user: string) =>
    writeKubeconfig(
      path.join(pki, `${name}.kubeconfig`),
      apiServer,
      authority.certificate,
      await authority.issue(name, { name: user }),
    );
  const manager = await kubeconfig('controller-manager', 'system:kube-controller-manager');
  const scheduler = await kubeconfig('scheduler', 'system:kube-scheduler');
  await mkdir(path.join(folder, 'etcd'), { mode: 0o700 });
  const audit = { policy: path.join(folder, 'audit-policy.json'), log: auditLog(path.join(folder, 'logs')) };
  await writeFile(audit.policy, JSON.stringify(await auditPolicy()));
  return [
    {
      name: 'etcd',
      command: [
        'etcd',
        `--data-dir=${path.join(folder, 'etcd')}`,
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        '--listen-peer-urls=http://127.0.0.1:2380',
        // What is stored need not survive this run.
        '--unsafe-no-fsync',
        '--log-level=warn',
      ],
    },
    {
      name: 'kube-apiserver',
      command: apiServerCommand({ binary, authority, serving, toKubelet, tokens, audit }),
    },
    {
      name: 'kube-controller-manager',
      command: [
        binary,
        'kube-controller-manager',
        `--kubeconfig=${manager}`,
        '--leader-elect=false',
        '--allocate-node-cidrs',
        `--cluster-cidr=${clusterRange}`,
        '--use-service-account-credentials',
        `--root-ca-file=${authority.certificate}`,
        `--service-account-private-key-file=${tokens.key}`,
      ],
    },
    {
      name: 'kube-scheduler',
      command: [binary, 'kube-scheduler', `--kubeconfig=${scheduler}`, '--leader-elect=false'],
    },
  ];
}

interface ApiServerParts {
  readonly binary: string;
  readonly authority: Authority;
  readonly serving: Files;
  readonly toKubelet: Files;
  readonly tokens: Files;
  readonly audit: { readonly policy: string; readonly log: string };
}

/** Among the logs of the cluster's programs. */
export const auditLog = (logs: string): string => path.join(logs, 'audit.log');

/** The namespace to which the rules of manifests/audit-policy apply. */
export const withFragment = testNamespace('audit-policy-rules');

/** Everything that is said to the API server and what it answers: if a webhook gave a credential away, it is there. */
async function auditPolicy(): Promise<object> {
  const file = path.join(repository, 'manifests/audit-policy/operators.yaml');
  const { rules } = parse(await readFile(file, 'utf8')) as { readonly rules: readonly object[] };
  const narrowed = rules.map((rule) => ({ ...rule, namespaces: [withFragment] }));
  return { ...policy, rules: [...narrowed, ...policy.rules] };
}

const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      // Their values are what these objects are for: the API server itself would write each of them down.
      level: 'Metadata',
      resources: [
        { group: '', resources: ['secrets', 'serviceaccounts/token'] },
        { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
      ],
    },
    // Said every few seconds, and always the same.
    { level: 'Metadata', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    { level: 'RequestResponse' },
  ],
};

const apiServerCommand = ({ binary, authority, serving, toKubelet, tokens, audit }: ApiServerParts) => [
  binary,
  'kube-apiserver',
  `--etcd-servers=${etcd}`,
  // Loopback is refused as an endpoint of the kubernetes Service.
  '--bind-address=0.0.0.0',
  `--advertise-address=${nodeAddress}`,
  `--service-cluster-ip-range=${serviceRange}`,
  '--authorization-mode=Node,RBAC',
  '--enable-admission-plugins=NodeRestriction',
  '--allow-privileged',
  `--client-ca-file=${authority.certificate}`,
  `--tls-cert-file=${serving.certificate}`,
  `--tls-private-key-file=${serving.key}`,
  `--kubelet-client-certificate=${toKubelet.certificate}`,
  `--kubelet-client-key=${toKubelet.key}`,
  // Otherwise exec and logs look the node's name up in a DNS that is not there.
  '--kubelet-preferred-address-types=InternalIP',
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${tokens.certificate}`,
  `--service-account-signing-key-file=${tokens.key}`,
  // A watch that begins now waits for an etcd that says how far it is. Debian's is too old to, and such a watch, of ToolHive's
  // proxy runner for one, would end with an error while nothing of its kind changes.
  '--feature-gates=WatchList=false',
  `--audit-policy-file=${audit.policy}`,
  `--audit-log-path=${audit.log}`,
];
