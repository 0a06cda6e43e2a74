import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { fromSecret, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { system } from './sallyport.ts';

/** Rights for some namespaces alone, as docs/configuration.md says it. */
const kubectl = new Kubectl(inject('cluster'));
const [granted, elsewhere] = [testNamespace('granted'), testNamespace('elsewhere')] as const;

const bound = async () => kubectl.run(['get', 'clusterrolebinding', 'sallyport-admission', '-o', 'json']);
let before = '';

beforeAll(async () => {
  await kubectl.apply(
    ...[granted, elsewhere].flatMap((ns) => [
      namespace(ns),
      secret(ns, 'token', { token: 'Bearer abc' }),
      serverEntry(ns, 'stored', fromSecret('token', 'token')),
    ]),
  );
  before = await bound();
  await kubectl.run(['delete', 'clusterrolebinding', 'sallyport-admission']);
  const bind = 'create rolebinding sallyport-admission --clusterrole=sallyport-admission';
  await kubectl.run(['-n', granted, ...bind.split(' '), `--serviceaccount=${system}:sallyport`]);
});
afterAll(async () => {
  const { metadata, roleRef, subjects } = JSON.parse(before) as Record<string, object>;
  const { name, labels } = metadata as { name: string; labels: object };
  const kind = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' };
  await kubectl.apply({ ...kind, metadata: { name, labels }, roleRef, subjects });
});

describe('with rights in some namespaces alone', () => {
  it('a missing Secret is refused where Sallyport may look', async () => {
    expect(await kubectl.refused(serverEntry(granted, 'new', fromSecret('nowhere', 'token')))).toContain(
      '[MCP201]',
    );
  });

  it('elsewhere it is said that nobody looked, and nothing is refused for it', async () => {
    const { code, stderr } = await kubectl.tryApply([
      serverEntry(elsewhere, 'new', fromSecret('nowhere', 'token')),
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('Warning: [MCP203]');
    expect(stderr).toContain(
      'its origins are not limited, because Sallyport may not read Secrets in that namespace',
    );
  });

  it('what needs no look is judged everywhere', async () => {
    expect(
      await kubectl.refused(
        serverEntry(elsewhere, 'plain', {
          addPlaintextHeaders: { Authorization: 'Bearer s3cr3t-s3cr3t-s3cr3t' },
        }),
      ),
    ).toContain('[MCP101]');
  });

  it('a labelled pod is injected where the servers it asks for can be read, and refused elsewhere', async () => {
    const asks = { servers: 'mcpserverentry/stored' };
    const dry = async (ns: string) =>
      kubectl.try(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod(ns, 'app', asks)));
    expect(await dry(granted)).toMatchObject({ code: 0 });
    const { stderr } = await dry(elsewhere);
    expect(stderr).toContain('Sallyport cannot look up mcpserverentry/stored');
    expect(stderr).toContain(
      `service account ${system}/sallyport may not get mcpserverentries.toolhive.stacklok.dev in namespace ${elsewhere}`,
    );
    expect(stderr).toContain('"resources":["mcpserverentries"],"verbs":["get"]');
  });
});
