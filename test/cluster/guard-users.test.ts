import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addEphemeralContainer } from './ephemeral-containers.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { webhooksAnswer } from './sallyport.ts';

/** Each access to a running proxy, tried by a user whose only right is that one. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('guard-users');
const proxy = 'sallyport-proxy';

const users = {
  debugger: ['pods/ephemeralcontainers'],
  resizer: ['pods/resize'],
  labeller: ['pods'],
  executor: ['pods/exec'],
  attacher: ['pods/attach'],
  forwarder: ['pods/portforward'],
  proxier: ['pods/proxy'],
} as const;
type User = keyof typeof users;

const mayDo = (user: User): readonly Manifest[] => {
  const metadata = { namespace: ns, name: user };
  const rbac = 'rbac.authorization.k8s.io';
  const rules = [
    { apiGroups: [''], resources: users[user], verbs: ['get', 'create', 'update', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
  ];
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: user },
      subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
    },
  ];
};

beforeAll(async () => {
  await kubectl.apply(
    namespace(ns),
    ...(Object.keys(users) as User[]).flatMap(mayDo),
    secret(ns, 'github-token', { token: 'Bearer abc' }),
    secret(ns, 'other-token', { token: 'Bearer def' }),
    serverEntry(ns, 'github', fromSecret('github-token', 'token')),
    pod(ns, 'agent', { servers: 'mcpserverentry/github' }),
    pod(ns, 'plain'),
  );
  await kubectl.wait(ns, 'pod/agent', 'condition=Ready');
  await kubectl.wait(ns, 'pod/plain', 'condition=Ready');
}, 90_000);
afterAll(() => kubectl.run(['delete', '-n', ns, 'pods', '--all', '--wait=false']));

interface Stored {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
}

const visit = (
  name: string,
  container: object,
  { target = 'agent', as = 'debugger', groups = [] as string[] } = {},
) =>
  addEphemeralContainer(
    kubectl,
    { namespace: ns, pod: target },
    { name, ...container },
    `--as=${as}`,
    ...groups.map((group) => `--as-group=${group}`),
  );
const denied = (text: string, why: string) => {
  expect(text).toContain("ValidatingAdmissionPolicy 'sallyport-guard'");
  expect(text).toContain(`denied request: Sallyport: ${why}`);
};
const secretKeyRef = (name: string) => ({
  env: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: 'token' } } }],
});
const envFrom = (name: string) => ({ envFrom: [{ secretRef: { name } }] });
const adding = (capability: string) => ({ securityContext: { capabilities: { add: [capability] } } });

type Spec = Readonly<Record<string, unknown>> & { readonly containers: readonly object[] };

/** The pod with a namespace of the node, or of its containers. It waits for no node, so that nothing runs in it. */
const sharing = (made: Manifest, field: string): Manifest => ({
  ...made,
  spec: { ...(made['spec'] as Spec), [field]: true, schedulingGates: [{ name: 'example.com/test' }] },
});

/** The pod as an author could copy it from an injected one. */
function carrying(made: Manifest): Manifest {
  const spec = made['spec'] as Spec;
  const copied = { ...spec.containers[0], name: proxy, restartPolicy: 'Always' };
  const labels = { 'sallyport.dev/inject': 'true' };
  return {
    ...made,
    metadata: { ...(made['metadata'] as object), labels },
    spec: { ...spec, initContainers: [copied] },
  };
}

/** While it runs, the API server asks no webhook about labelled pods, as after an emergency shutdown. */
async function withoutPodWebhooks(run: () => Promise<void>): Promise<void> {
  const entries = [
    ['mutatingwebhookconfiguration', 'inject-labelled-pods.sallyport.dev'],
    ['validatingwebhookconfiguration', 'check-labelled-pods.sallyport.dev'],
  ] as const;
  const select = async (value: string) => {
    for (const [kind, name] of entries) {
      const text = await kubectl.run(['get', kind, 'sallyport', '-o', 'json']);
      const { webhooks } = JSON.parse(text) as { readonly webhooks: readonly { readonly name: string }[] };
      const index = webhooks.findIndex((one) => one.name === name);
      const path = `/webhooks/${index}/objectSelector/matchLabels`;
      const change = [{ op: 'replace', path, value: { 'sallyport.dev/inject': value } }];
      await kubectl.run(['patch', kind, 'sallyport', '--type=json', '-p', JSON.stringify(change)]);
    }
  };
  await select('never');
  try {
    await run();
  } finally {
    await select('true');
    await webhooksAnswer(kubectl);
  }
}

describe('a user who may add ephemeral containers', () => {
  const joins = 'an ephemeral container in this pod could reach sallyport-proxy';
  const takes = 'an ephemeral container cannot take variables from a Secret';
  const privileged = 'an ephemeral container in this pod cannot be privileged';

  it.each<[string, object, string]>([
    [
      'that targets the proxy',
      { targetContainerName: proxy },
      'an ephemeral container that targets sallyport-proxy',
    ],
    ["with a variable from a server's Secret", secretKeyRef('github-token'), takes],
    ["with all variables of a server's Secret", envFrom('github-token'), takes],
    ['that is privileged', { securityContext: { privileged: true } }, privileged],
    ...[
      'SYS_PTRACE',
      'SYS_ADMIN',
      'CAP_SYS_PTRACE',
      'cap_sys_admin',
      'sys_ptrace',
      'ALL',
      'all',
      'DAC_READ_SEARCH',
    ].map((capability): [string, object, string] => [
      `with the capability ${capability}`,
      adding(capability),
      privileged,
    ]),
  ])('cannot add one %s', async (_, container, why) => {
    denied((await visit('denied', container)).stderr, why);
  });

  it.each<[string, object]>([
    ['one that targets the app', { targetContainerName: 'app' }],
    ['one with a variable from another Secret', secretKeyRef('other-token')],
    ['one with all variables of another Secret', envFrom('other-token')],
    ['one with a harmless capability', adding('NET_BIND_SERVICE')],
  ])('can add %s', async (what, container) => {
    const name = what.replaceAll(/[^a-z]+/g, '-').slice(0, 60);
    expect(await visit(name, container)).toMatchObject({ code: 0, stderr: '' });
  });

  it.each<[string, object]>([
    ['privileged', { securityContext: { privileged: true } }],
    ['with-a-secret', secretKeyRef('github-token')],
  ])('can add one to a pod that is not injected: %s', async (name, container) => {
    expect(await visit(name, container, { target: 'plain' })).toMatchObject({ code: 0, stderr: '' });
  });

  it('cannot add one to an injected pod that shares the IPC namespace of the node', async () => {
    await kubectl.apply(sharing(pod(ns, 'ipc', { servers: 'mcpserverentry/github' }), 'hostIPC'));
    denied((await visit('denied', {}, { target: 'ipc' })).stderr, joins);
    expect(await visit('allowed', {}, { target: 'agent' })).toMatchObject({ code: 0, stderr: '' });
  });

  it('cannot add one to a pod with our proxy that was stored without the final check', async () => {
    const fields = ['hostPID', 'hostNetwork', 'shareProcessNamespace'] as const;
    const unchecked = fields.map((field) => sharing(carrying(pod(ns, field.toLowerCase())), field));
    await withoutPodWebhooks(async () => {
      await until('the API server to ask no webhook', 30, async () => {
        const { code } = await kubectl.tryApply(unchecked);
        return code === 0 ? true : undefined;
      });
    });
    for (const field of fields)
      denied((await visit('denied', {}, { target: field.toLowerCase() })).stderr, joins);
  }, 120_000);

  it('of the break-glass group can add any, and the pod can still be labelled by others', async () => {
    const options = { as: 'admin', groups: ['system:masters', 'sallyport:break-glass'] };
    expect(await visit('break-glass', secretKeyRef('github-token'), options)).toMatchObject({ code: 0 });
    const label = await kubectl.try(['label', '-n', ns, 'pod', 'agent', 'team=a', '--as=labeller']);
    expect(label).toMatchObject({ code: 0, stderr: '' });
    expect(await visit('after-break-glass', {})).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a user who may change pods', () => {
  const patch = (body: object, target = 'agent') =>
    kubectl.try([
      'patch',
      '-n',
      ns,
      'pod',
      target,
      '--type=merge',
      '-p',
      JSON.stringify(body),
      '--as=labeller',
    ]);
  const metadata = (field: string, key: string, value: string | null) => ({
    metadata: { [field]: { [key]: value } },
  });

  it.each([
    [
      'sallyport.dev/mcp-config',
      '{"mcpServers":{"github":{"type":"http","url":"http://attacker.example.com"}}}',
    ],
    ['sallyport.dev/mcp-config', null],
    ['sallyport.dev/status', '{}'],
    ['sallyport.dev/servers', 'mcpserverentry/other'],
    ['sallyport.dev/forward', 'others=pass'],
  ])('cannot set the annotation %s of an injected pod to %s', async (key, value) => {
    denied((await patch(metadata('annotations', key, value))).stderr, 'the annotations sallyport.dev/...');
  });

  it.each([
    ['sallyport.dev/injected', null],
    ['sallyport.dev/injected', 'false'],
    ['sallyport.dev/inject', null],
  ])('cannot set the label %s of an injected pod to %s', async (key, value) => {
    denied((await patch(metadata('labels', key, value))).stderr, 'the labels sallyport.dev/inject');
  });

  it('can set every other label and annotation, and all of them where nothing is injected', async () => {
    for (const [body, target] of [
      [metadata('annotations', 'example.com/note', 'a'), 'agent'],
      [metadata('labels', 'team', 'b'), 'agent'],
      [metadata('annotations', 'sallyport.dev/servers', 'mcpserverentry/github'), 'plain'],
      [metadata('labels', 'sallyport.dev/inject', 'false'), 'plain'],
    ] as const)
      expect(await patch(body, target)).toMatchObject({ code: 0, stderr: '' });
  });

  it('cannot give the label of injected pods to one that is not', async () => {
    const { stderr } = await patch(metadata('labels', 'sallyport.dev/injected', 'true'), 'plain');
    expect(stderr).toContain("ValidatingAdmissionPolicy 'sallyport-names'");
    expect(stderr).toContain('the label sallyport.dev/injected is set by Sallyport on pods that it injects');
  });
});

describe('a user who may resize pods', () => {
  const resize = (list: string, name: string) =>
    kubectl.try([
      'patch',
      '-n',
      ns,
      'pod',
      'agent',
      '--subresource=resize',
      '--type=strategic',
      '-p',
      JSON.stringify({ spec: { [list]: [{ name, resources: { requests: { cpu: '15m' } } }] } }),
      '--as=resizer',
      '--dry-run=server',
    ]);

  it('cannot resize the proxy', async () => {
    denied(
      (await resize('initContainers', proxy)).stderr,
      'the resources of sallyport-proxy cannot be changed',
    );
  });

  it('is not stopped by us at the app', async () => {
    expect((await resize('containers', 'app')).stderr).not.toContain('sallyport-guard');
  });
});

it.each<[string, readonly string[]]>([
  ['executor', ['exec', '-n', ns, 'agent', '-c', proxy, '--as=executor', '--', 'true']],
  ['attacher', ['attach', '-n', ns, 'agent', '-c', proxy, '--as=attacher']],
])('an %s is denied at the proxy', async (_, command) => {
  denied((await kubectl.try(command)).stderr, 'the container sallyport-proxy holds the credentials');
});

describe('a user whose client names the port it forwards in the request', () => {
  const forwarding = (port: number) =>
    kubectl.try([
      'create',
      '--raw',
      `/api/v1/namespaces/${ns}/pods/agent/portforward?ports=${port}`,
      '-f',
      '-',
      '--as=forwarder',
    ]);

  it('cannot forward a port of the proxy, and can forward one of the app', async () => {
    denied((await forwarding(14733)).stderr, 'the ports of inject.ports are those of sallyport-proxy');
    expect((await forwarding(8080)).stderr).not.toContain('sallyport-guard');
  });
});

describe('what a policy sees of', () => {
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    metadata: { name: 'sallyport-test-connect' },
  };
  const probe: readonly Manifest[] = [
    {
      ...policy,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              resources: ['pods/portforward', 'pods/proxy'],
              operations: ['CONNECT'],
            },
          ],
        },
        matchConditions: [{ name: 'ours', expression: `request.namespace == '${ns}'` }],
        validations: [
          {
            expression: 'false',
            messageExpression:
              "'seen: name=' + request.name + ' ports=' + (has(object.ports) ? string(object.ports.size()) : 'none') + ' path=' + (has(object.path) ? object.path : 'none')",
          },
        ],
      },
    },
    {
      ...policy,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: { policyName: policy.metadata.name, validationActions: ['Deny'] },
    },
  ];
  const forward = ['port-forward', '-n', ns, 'pod/agent', ':14700', '--as=forwarder'];
  const get = (port: number) => [
    'get',
    '--raw',
    `/api/v1/namespaces/${ns}/pods/agent:${port}/proxy/mcp`,
    '--as=proxier',
  ];
  const portOf = async () => {
    const { metadata } = await kubectl.get<Stored>(ns, 'pod/agent');
    const status = JSON.parse(metadata.annotations['sallyport.dev/status'] ?? '') as {
      servers: { port: number }[];
    };
    return status.servers[0]?.port ?? 0;
  };

  it('port-forward is the pod and no port, and of pods/proxy the port in the name', async () => {
    await kubectl.apply(...probe);
    try {
      const seen = (command: readonly string[]) =>
        until('the policy to answer', 30, async () => {
          const { stderr } = await kubectl.try(['--request-timeout=5s', ...command]);
          return /seen: .*/.exec(stderr)?.[0];
        });
      const port = await portOf();
      expect(await seen(get(port))).toContain(`name=agent:${port} ports=none path=`);
      expect(await seen(forward)).toContain('name=agent ports=none path=none');
    } finally {
      for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy'])
        await kubectl.run(['delete', kind, policy.metadata.name]);
    }
  }, 90_000);

  it('pods/proxy needs no rule: the listeners of servers are on loopback, which the API server does not reach', async () => {
    const port = await portOf();
    const { code, stderr } = await until('the probe to be gone', 30, async () => {
      const ran = await kubectl.try(get(port));
      return ran.stderr.includes('seen:') ? undefined : ran;
    });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/refused|ServiceUnavailable/);
  }, 60_000);
});
