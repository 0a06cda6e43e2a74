import { describe, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { system } from './sallyport.ts';

/** What each service account may do and may not, as the cluster's own authorizer says it. */
const kubectl = new Kubectl(inject('cluster'));

/** Verb and resource, then `-n NAMESPACE` or `-A` as kubectl takes them. */
type Question = readonly [what: string, where?: string];

const inOwn = `-n ${system}`;
const admission: Readonly<Record<'may' | 'mayNot', readonly Question[]>> = {
  may: [
    ['get secrets/anybodys', '-n default'],
    ['get configmaps/anybodys', '-n default'],
    ['get mcpserverentries.toolhive.stacklok.dev/a', '-n default'],
    ['get remotemcpservers.kagent.dev/a', '-n default'],
    ['get agentconfigs.kelos.dev/a', '-n default'],
    ['list mcpserverentries.toolhive.stacklok.dev', '-A'],
    ['watch mcpserverentries.toolhive.stacklok.dev', '-A'],
    ['list limitranges', '-n default'],
    ['list resourcequotas', '-n default'],
    ['get namespaces/default'],
    ['create subjectaccessreviews.authorization.k8s.io'],
    ['get secrets/sallyport-webhook', inOwn],
    ['get secrets/sallyport-path', inOwn],
    ['get validatingwebhookconfigurations/sallyport'],
    ['get mutatingwebhookconfigurations/sallyport'],
    ['create leases.coordination.k8s.io', inOwn],
    ['patch leases.coordination.k8s.io', inOwn],
  ],
  mayNot: [
    ['list secrets', '-n default'],
    ['watch secrets', '-n default'],
    ['create secrets', inOwn],
    ['update secrets/sallyport-webhook', inOwn],
    ['update secrets/anybodys', '-n default'],
    ['delete secrets/anybodys', '-n default'],
    ['list configmaps', '-n default'],
    ['list mcpexternalauthconfigs.toolhive.stacklok.dev', '-A'],
    ['update mcpserverentries.toolhive.stacklok.dev/a', '-n default'],
    ['get pods/a', '-n default'],
    ['create pods', '-n default'],
    ['create pods', inOwn],
    ['patch validatingwebhookconfigurations/sallyport'],
    ['patch mutatingwebhookconfigurations/sallyport'],
    ['get validatingwebhookconfigurations/somebodys'],
    ['list validatingwebhookconfigurations'],
    ['patch leases.coordination.k8s.io', '-n kube-system'],
    ['delete leases.coordination.k8s.io', inOwn],
    ['create tokenreviews.authentication.k8s.io'],
    ['impersonate users'],
    ['bind clusterroles'],
    ['create serviceaccounts/sallyport --subresource=token', inOwn],
  ],
};
const certificates: typeof admission = {
  may: [
    ['create secrets', inOwn],
    ...['sallyport-authority', 'sallyport-webhook', 'sallyport-path'].flatMap((name): readonly Question[] => [
      [`get secrets/${name}`, inOwn],
      [`update secrets/${name}`, inOwn],
    ]),
    ['get validatingwebhookconfigurations/sallyport'],
    ['patch validatingwebhookconfigurations/sallyport'],
    ['get mutatingwebhookconfigurations/sallyport'],
    ['patch mutatingwebhookconfigurations/sallyport'],
    ['list leases.coordination.k8s.io', inOwn],
    ['create leases.coordination.k8s.io', inOwn],
    ['update leases.coordination.k8s.io/sallyport-certificates', inOwn],
  ],
  mayNot: [
    ['get secrets/anybodys', '-n default'],
    ['get secrets/anybodys', inOwn],
    ['list secrets', inOwn],
    ['delete secrets/sallyport-webhook', inOwn],
    ['create secrets', '-n default'],
    ['get configmaps/anybodys', '-n default'],
    ['get mcpserverentries.toolhive.stacklok.dev/a', '-n default'],
    ['get namespaces/default'],
    ['create subjectaccessreviews.authorization.k8s.io'],
    ['create validatingwebhookconfigurations'],
    ['delete validatingwebhookconfigurations/sallyport'],
    ['patch validatingwebhookconfigurations/somebodys'],
    ['list mutatingwebhookconfigurations'],
    ['update leases.coordination.k8s.io/a-replica', inOwn],
    ['list leases.coordination.k8s.io', '-n kube-system'],
    ['create pods', inOwn],
    ['create serviceaccounts/sallyport --subresource=token', inOwn],
  ],
};

const watcher: typeof admission = {
  may: [
    ['list pods', '-A'],
    ['watch pods', '-A'],
    ['create events', '-n default'],
    ['patch events/a', '-n default'],
    ['get mcpserverentries.toolhive.stacklok.dev/a', '-n default'],
    ['get agentconfigs.kelos.dev/a', '-n default'],
    ['get jobs.batch/a', '-n default'],
  ],
  mayNot: [
    ['get secrets/anybodys', '-n default'],
    ['get secrets/sallyport-webhook', inOwn],
    ['list secrets', '-n default'],
    ['create pods', '-n default'],
    ['patch pods/a', '-n default'],
    ['delete pods/a', '-n default'],
    ['create subjectaccessreviews.authorization.k8s.io'],
    ['patch mutatingwebhookconfigurations/sallyport'],
    ['create serviceaccounts/sallyport --subresource=token', inOwn],
  ],
};

const spelt = ([what, where = '']: Question) => [what, where] as const;

/** `yes` or `no`. */
async function answer(account: string, what: string, where: string): Promise<string> {
  const as = `--as=system:serviceaccount:${system}:${account}`;
  const words = `${what} ${where}`.trim().split(' ');
  const { stdout, stderr } = await kubectl.try(['auth', 'can-i', ...words, as]);
  return stdout.trim() || stderr.trim();
}

describe.each([
  ['sallyport', admission],
  ['sallyport-certificates', certificates],
  ['sallyport-watcher', watcher],
])('the service account %s', (account, { may, mayNot }) => {
  it.each(may.map(spelt))('may %s %s', async (what, where) => {
    expect(await answer(account, what, where)).toBe('yes');
  });
  it.each(mayNot.map(spelt))('may not %s %s', async (what, where) => {
    expect(await answer(account, what, where)).toMatch(/^no\b/);
  });
});

it('each pod runs as the one it needs', async () => {
  const text = await kubectl.run([
    'get',
    'deployments',
    '-n',
    system,
    '-o',
    'jsonpath={range .items[*]}{.metadata.name} {.spec.template.spec.serviceAccountName}{"\\n"}{end}',
  ]);
  expect(text.trim().split('\n')).toEqual([
    'sallyport sallyport',
    'sallyport-certificates sallyport-certificates',
    'sallyport-watcher sallyport-watcher',
  ]);
});
