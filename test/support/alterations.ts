/**
 * What a pod's author or another webhook may do to the proxy's container, each with the field that the final check
 * names. The API server stores every one of them.
 */

type Json = Record<string, unknown>;

export interface Alteration {
  readonly what: string;
  /** As the message names it. */
  readonly field: string;
  readonly alter: (container: Json) => void;
}

const exec = { exec: { command: ['node', '-e', 'process.exit(0)'] } };
const list = (container: Json, field: string) => {
  const items = (container[field] as Json[] | undefined) ?? [];
  container[field] = items;
  return items;
};
const set = (what: string, field: string, value: unknown): Alteration => ({
  what,
  field,
  alter: (container) => void (container[field] = value),
});
const variable = (name: string, value = '/tmp/x'): Alteration => ({
  what: `the variable ${name}`,
  field: `("${name}")`,
  alter: (container) => void list(container, 'env').push({ name, value }),
});
const mount = (mountPath: string): Alteration => ({
  what: `a mount at ${mountPath}`,
  field: `("${mountPath}")`,
  alter: (container) => void list(container, 'volumeMounts').push({ name: 'author', mountPath }),
});
const probe = (command: readonly string[]) => ({ command });

export const alterations: readonly Alteration[] = [
  {
    what: 'a postStart hook',
    field: 'lifecycle',
    alter: (container) => void (container['lifecycle'] = { postStart: exec }),
  },
  {
    what: 'a preStop hook',
    field: 'lifecycle',
    alter: (container) => void (container['lifecycle'] = { preStop: exec }),
  },
  set('a readiness probe', 'readinessProbe', exec),
  set('a liveness probe', 'livenessProbe', exec),
  {
    what: 'a startup probe whose command has ours in it',
    field: 'startupProbe.exec.command',
    alter: ({ startupProbe }) =>
      void ((startupProbe as Json)['exec'] = probe(['sh', '-c', 'x', 'node', '/sallyport/check.mjs'])),
  },
  {
    what: 'a startup probe that waits less',
    field: 'startupProbe.failureThreshold',
    alter: ({ startupProbe }) => void ((startupProbe as Json)['failureThreshold'] = 1),
  },
  ...['PATH', 'OPENSSL_CONF', 'SALLYPORT_ROOT', 'HTTPS_PROXY', 'NODE_OPTIONS', 'LD_PRELOAD', 'TZ'].map(
    (name) => variable(name),
  ),
  {
    what: 'a variable of a workload identity that reads a Secret',
    field: '("AWS_ROLE_ARN")',
    alter: (container) =>
      void list(container, 'env').push({
        name: 'AWS_ROLE_ARN',
        valueFrom: { secretKeyRef: { name: 'github-token', key: 'token' } },
      }),
  },
  {
    what: 'the variables in another order',
    field: 'env (order or duplicates)',
    alter: (container) => void (container['env'] = list(container, 'env').toReversed()),
  },
  {
    what: 'another log level before ours',
    field: '("SALLYPORT_LOG_LEVEL")',
    alter: (container) =>
      void list(container, 'env').unshift({ name: 'SALLYPORT_LOG_LEVEL', value: 'debug' }),
  },
  {
    what: 'a mount of the credentials below a path that a variable names',
    field: 'volumeMounts[0]',
    alter: (container) =>
      void Object.assign(list(container, 'volumeMounts')[0] ?? {}, { subPathExpr: '$(HOSTNAME)' }),
  },
  {
    what: 'a mount of a part of the credentials',
    field: 'volumeMounts[0]',
    alter: (container) => void Object.assign(list(container, 'volumeMounts')[0] ?? {}, { subPath: '+' }),
  },
  ...[
    '/',
    '/sallyport',
    '/run',
    '/var/run/sallyport',
    '/nodejs/bin',
    '/lib',
    '/etc/ld.so.preload',
    '/run/sallyport',
    '//sallyport',
    '/tmp/../sallyport',
    '/var/run/secrets/tokens',
    '/data',
  ].map(mount),
  {
    what: 'the mount of an EKS token with a volume of another kind behind it',
    field: '("/var/run/secrets/eks.amazonaws.com/serviceaccount")',
    alter: (container) =>
      void list(container, 'volumeMounts').push({
        name: 'aws-iam-token',
        mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
        readOnly: true,
      }),
  },
  {
    what: 'a writable mount of the credentials',
    field: 'volumeMounts[0]',
    alter: (container) => void delete list(container, 'volumeMounts')[0]?.['readOnly'],
  },
  set('a working directory', 'workingDir', '/tmp'),
  set('a device', 'volumeDevices', [{ name: 'block', devicePath: '/dev/xvda' }]),
  set('standard input', 'stdin', true),
  set('a terminal', 'tty', true),
  set('variables from a ConfigMap', 'envFrom', [{ configMapRef: { name: 'author' } }]),
  set('arguments', 'args', ['--inspect']),
  set('another command', 'command', ['node', '/tmp/x.mjs']),
  {
    what: 'another port',
    field: 'ports',
    alter: (container) => void list(container, 'ports').push({ containerPort: 9229, protocol: 'TCP' }),
  },
  set('a resize policy that restarts it', 'resizePolicy', [
    { resourceName: 'memory', restartPolicy: 'RestartContainer' },
  ]),
  set('a termination message over the program', 'terminationMessagePath', '/sallyport/check.mjs'),
  {
    what: 'a privileged process',
    field: 'securityContext.privileged',
    alter: ({ securityContext }) =>
      void Object.assign(securityContext as Json, { privileged: true, allowPrivilegeEscalation: true }),
  },
  {
    what: 'another SELinux type',
    field: 'securityContext.seLinuxOptions',
    alter: ({ securityContext }) => void ((securityContext as Json)['seLinuxOptions'] = { type: 'spc_t' }),
  },
  {
    what: 'no AppArmor profile',
    field: 'securityContext.appArmorProfile',
    alter: ({ securityContext }) =>
      void ((securityContext as Json)['appArmorProfile'] = { type: 'Unconfined' }),
  },
  {
    what: 'a device of the node',
    field: 'resources',
    alter: (container) => void (container['resources'] = { limits: { 'example.com/device': '1' } }),
  },
];

/** A field of a container that no release of Kubernetes has yet, and one that a cluster may not have switched on. */
export const futureFields: readonly Alteration[] = [
  set('a field of a future Kubernetes', 'preRunHooks', [{ command: ['sh'] }]),
  set('rules for its restarts', 'restartPolicyRules', [
    { action: 'Restart', exitCodes: { operator: 'In', values: [1] } },
  ]),
];
