import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { replicas, system } from './sallyport.ts';

/** What the API server refuses to the tokens of Sallyport's own pods, although their RBAC allows the verb. */
const kubectl = new Kubectl(inject('cluster'));

interface Config {
  readonly clusters: readonly {
    readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  }[];
}

let folder = '';
let connection: readonly string[] = [];
let [replica, other, controller] = ['', '', ''];

beforeAll(async () => {
  const config = JSON.parse(await kubectl.run(['config', 'view', '--raw', '-o', 'json'])) as Config;
  const [first] = config.clusters;
  if (!first) throw new Error('the kubeconfig names no cluster');
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-accounts-'));
  const authority = path.join(folder, 'ca.crt');
  await writeFile(authority, Buffer.from(first.cluster['certificate-authority-data'], 'base64'));
  connection = [
    '--kubeconfig=/dev/null',
    `--server=${first.cluster.server}`,
    `--certificate-authority=${authority}`,
  ];
  [replica = '', other = ''] = (await replicas(kubectl)).map(({ metadata }) => metadata.name);
  controller = await kubectl.run([
    'get',
    '-n',
    system,
    'pods',
    '-l',
    'app.kubernetes.io/name=sallyport-certificates',
    '-o',
    'jsonpath={.items[0].metadata.name}',
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** kubectl with the token that the kubelet would give to that pod. */
async function withTokenOf(pod: string, account: string) {
  const bound = ['--bound-object-kind=Pod', `--bound-object-name=${pod}`];
  const token = (await kubectl.run(['create', 'token', '-n', system, account, ...bound])).trim();
  return (args: readonly string[], input?: string) =>
    kubectl.try([...connection, `--token=${token}`, '-n', system, ...args], input);
}

/** A PATCH without the GET that other commands send first: a replica may not read Leases. */
const patch = [
  'apply',
  '--server-side',
  '--force-conflicts',
  '--validate=false',
  '--dry-run=server',
  '-f',
  '-',
];
const lease = (name: string) =>
  JSON.stringify({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name } });
const secretNamed = (name: string) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name } });
const create = ['create', '-f', '-', '--dry-run=server'];

describe('the token of a replica', () => {
  it('writes the Lease of its own pod, and no other', async () => {
    const asReplica = await withTokenOf(replica, 'sallyport');
    expect(await asReplica(patch, lease(replica))).toMatchObject({ code: 0, stderr: '' });
    for (const name of [other, 'sallyport-certificates']) {
      const { code, stderr } = await asReplica(patch, lease(name));
      expect(code).not.toBe(0);
      expect(stderr).toContain(
        'Sallyport: a replica may write only the Lease that is named after its own pod',
      );
    }
    expect((await asReplica(create, lease('made-up'))).stderr).toContain('named after its own pod');
  });

  it('writes no Lease when it is bound to no pod', async () => {
    const token = (await kubectl.run(['create', 'token', '-n', system, 'sallyport'])).trim();
    const { stderr } = await kubectl.try(
      [...connection, `--token=${token}`, '-n', system, ...patch],
      lease(replica),
    );
    expect(stderr).toContain('named after its own pod');
  });
});

describe('the token of the certificate controller', () => {
  const patched = async (kind: string, operations: readonly object[]) => {
    const asController = await withTokenOf(controller, 'sallyport-certificates');
    const { stderr } = await asController([
      'patch',
      kind,
      'sallyport',
      '--type=json',
      '-p',
      JSON.stringify(operations),
      '--dry-run=server',
    ]);
    return stderr;
  };
  const replace = (at: string, value: unknown) => [{ op: 'replace', path: at, value }];
  const kinds = ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'];
  const first = '/webhooks/0';

  it.each(kinds)('changes the CA bundle and the path of %s', async (kind) => {
    const bundle = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');
    const stored = await kubectl.run(['get', kind, 'sallyport', '-o', 'json']);
    const { webhooks } = JSON.parse(stored) as { webhooks: { clientConfig: { caBundle: string } }[] };
    const same = webhooks[0]?.clientConfig.caBundle ?? bundle;
    expect(await patched(kind, replace(`${first}/clientConfig/service/path`, '/elsewhere/validate'))).toBe(
      '',
    );
    expect(await patched(kind, replace(`${first}/clientConfig/caBundle`, same))).toBe('');
    expect(
      await patched(kind, replace('/metadata/annotations/sallyport.dev~1installed-in', 'sallyport-system')),
    ).toBe('');
  });

  it.each(
    kinds.flatMap((kind) =>
      (
        [
          ['the failure policy', `${first}/failurePolicy`, 'Ignore'],
          ['the rules', `${first}/rules/0/operations`, ['DELETE']],
          ['the namespaces', `${first}/namespaceSelector`, { matchLabels: { none: 'such' } }],
          ['the objects', `${first}/objectSelector`, { matchLabels: { none: 'such' } }],
          ['the match conditions', `${first}/matchConditions`, [{ name: 'never', expression: 'false' }]],
          ['the Service', `${first}/clientConfig/service/name`, 'elsewhere'],
          ["the Service's namespace", `${first}/clientConfig/service/namespace`, 'default'],
          ['the port', `${first}/clientConfig/service/port`, 444],
          ['the timeout', `${first}/timeoutSeconds`, 1],
          ['the name of an entry', `${first}/name`, 'other.sallyport.dev'],
        ] as const
      ).map((one) => [kind, ...one] as const),
    ),
  )('does not change, in %s, %s', async (kind, _what, at, value) => {
    const stderr = await patched(kind, [{ op: 'add', path: at, value }]);
    expect(stderr).toContain(
      'Sallyport: the certificate controller may change only clientConfig.caBundle and clientConfig.service.path',
    );
  });

  it.each(kinds)('removes no entry of %s and adds none', async (kind) => {
    const message = 'may change only clientConfig.caBundle';
    expect(await patched(kind, [{ op: 'remove', path: first }])).toContain(message);
    expect(await patched(kind, replace('/webhooks', []))).toContain(message);
    const entry = {
      name: 'more.sallyport.dev',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: { url: 'https://evil.example.com/' },
    };
    expect(await patched(kind, [{ op: 'add', path: '/webhooks/-', value: entry }])).toContain(message);
  });

  it.each(kinds)('changes no label and no other annotation of %s', async (kind) => {
    for (const at of ['/metadata/labels/made-up', '/metadata/annotations/made-up'])
      expect(await patched(kind, [{ op: 'add', path: at, value: 'x' }])).toContain(
        'may change only the annotation sallyport.dev/installed-in in the metadata',
      );
    expect(
      await patched(kind, [{ op: 'remove', path: '/metadata/annotations/admissions.enforcer~1disabled' }]),
    ).toContain('may change only the annotation sallyport.dev/installed-in');
  });

  it('creates its own Lease and Secrets by name, and no others', async () => {
    const asController = await withTokenOf(controller, 'sallyport-certificates');
    expect((await asController(create, lease('made-up'))).stderr).toContain(
      'may write only the Lease sallyport-certificates',
    );
    expect((await asController(create, secretNamed('made-up'))).stderr).toContain(
      'may create only the Secrets sallyport-authority, sallyport-webhook and sallyport-path',
    );
    // That it exists is the answer that follows admission.
    expect((await asController(create, secretNamed('sallyport-path'))).stderr).toContain('already exists');
  });
});

it('other users change the webhook configurations as their RBAC says', async () => {
  const change = JSON.stringify([{ op: 'replace', path: '/webhooks/0/timeoutSeconds', value: 5 }]);
  const changed = await kubectl.try([
    'patch',
    'validatingwebhookconfigurations',
    'sallyport',
    '--type=json',
    '-p',
    change,
    '--dry-run=server',
  ]);
  expect(changed).toMatchObject({ code: 0, stderr: '' });
});
