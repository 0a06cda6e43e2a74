import { describe, expect, it } from 'vitest';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { job, on } from '../core/operators/kelos-world.ts';
import { notFound, sendChunked, startApiServer, storedSecret } from '../support/api-server.ts';
import { labelledPod, remoteProxy, reviewOf, startWebhook } from '../support/webhook.ts';

const group = 'toolhive.stacklok.dev';
const account = 'system:serviceaccount:sallyport-system:sallyport';

/** As the API server of Kubernetes 1.34 writes it. */
const forbidden = (resource: string, name: string, user = account) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  message: `${resource}.${group} "${name}" is forbidden: User "${user}" cannot get resource "${resource}" in API group "${group}" in the namespace "team-a"`,
  reason: 'Forbidden',
  code: 403,
});

/** An API server that lets Sallyport read Secrets, and no custom resource. */
async function start(status: (resource: string, name: string) => unknown, configuration = {}) {
  const { config } = await startApiServer(
    (req, res) => {
      const [, resource, name] = /\/namespaces\/team-a\/(\w+)\/([\w-]+)$/.exec(req.url ?? '') ?? [];
      if (resource === undefined || name === undefined) notFound(res);
      else if (resource === 'secrets') sendChunked(res, 200, storedSecret(name));
      else sendChunked(res, 403, status(resource, name));
    },
    () => true,
  );
  return startWebhook({ cluster: kubeCluster(config), configuration });
}

const withLogin = remoteProxy({ externalAuthConfigRef: { name: 'login' } });
const rule = (resource: string) =>
  `with the rule {"apiGroups":["${group}"],"resources":["${resource}"],"verbs":["get"]}`;

describe('a custom resource that Sallyport has no right to get', () => {
  it('denies the pod that names it, with the right that is missing and the rule that grants it', async () => {
    const { mutate } = await start(forbidden);
    const { allowed, status } = await mutate(reviewOf(labelledPod('mcpremoteproxy/github')));
    expect(allowed).toBe(false);
    expect(status?.message).toContain(
      `[MCP504] metadata.annotations[sallyport.dev/servers]: Sallyport cannot look up mcpremoteproxy/github: service account sallyport-system/sallyport may not get mcpremoteproxies.${group} in namespace team-a; it may not exist. Fix: ask your platform team to bind a ClusterRole ${rule('mcpremoteproxies')} to service account sallyport-system/sallyport in namespace team-a.`,
    );
    expect(status?.message).not.toContain('did not respond');
  });

  it('is a warning about the resource that names it', async () => {
    const { validate } = await start(forbidden);
    const { allowed, warnings } = await validate(reviewOf(withLogin));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      `[MCP203] spec.externalAuthConfigRef.name: MCPExternalAuthConfig team-a/login was not checked: service account sallyport-system/sallyport may not get mcpexternalauthconfigs.${group} in namespace team-a`,
    ]);
  });

  it('denies that resource where the platform enforces MCP203, with the rule', async () => {
    const { validate, logged } = await start(forbidden, { modes: { rules: { MCP203: 'enforce' } } });
    const { allowed, status } = await validate(reviewOf(withLogin));
    expect(allowed).toBe(false);
    expect(status?.message).toContain(`bind a ClusterRole ${rule('mcpexternalauthconfigs')} to`);
    expect(JSON.parse(logged.at(-1) ?? '')).toMatchObject({
      undecided: [{ code: 'MCP203', cause: 'forbidden' }],
    });
  });

  it("leaves an operator's workload as it came, and says which right is missing", async () => {
    const { rewrite, logged } = await start(forbidden, on);
    const { allowed, patch } = await rewrite(reviewOf(job()));
    expect({ allowed, patch }).toEqual({ allowed: true, patch: undefined });
    const { left } = JSON.parse(logged.at(-1) ?? '') as { left: string };
    expect(left).toContain(
      'service account sallyport-system/sallyport may not get tasks.kelos.dev in namespace team-a',
    );
  });

  it.each<[string, unknown, string]>([
    [
      'a person',
      forbidden('mcpremoteproxies', 'github', 'jane@example.com'),
      'user jane@example.com may not',
    ],
    [
      'a name that is no user name',
      forbidden('mcpremoteproxies', 'github', 'canary\u202e'),
      'Sallyport may not',
    ],
    ['nobody', { kind: 'Status', code: 403, message: 'canary' }, 'Sallyport may not'],
    ['no Status', 'canary', 'Sallyport may not'],
  ])('names who has no right where the API server names %s', async (_, body, who) => {
    const { mutate } = await start(() => body);
    const { status } = await mutate(reviewOf(labelledPod('mcpremoteproxy/github')));
    expect(status?.message).toContain(`${who} get mcpremoteproxies.${group} in namespace team-a`);
    expect(status?.message).not.toContain('canary');
  });
});
