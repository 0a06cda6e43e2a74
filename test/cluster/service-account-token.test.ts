import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { App, clusterIp, digest } from './app.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import {
  namespace,
  pod,
  serverConfigMap,
  serviceAccount,
  testNamespace,
  upstreamPod,
  upstreamService,
} from './objects.ts';
import { until } from './processes.ts';
import { configured } from './sallyport.ts';

/** A header that is a token of the pod's ServiceAccount, verified as an MCP server does. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('service-account-token');
const audience = 'https://mcp.example.com';
const agent = new App(kubectl, ns, 'agent');
const grouped = new App(kubectl, ns, 'grouped');

const server = (name: string, url: string, asked = audience): Manifest =>
  serverConfigMap(ns, name, {
    url,
    headers: [
      {
        name: 'Authorization',
        serviceAccountToken: { audience: asked, expirationSeconds: 600 },
        template: 'Bearer {value}',
      },
    ],
  });

/** A labelled pod that asks for the server, with further fields of its specification. */
function asking(name: string, spec: object): Manifest {
  const made = pod(ns, name, { servers: 'configmap/search' }) as { readonly spec: object } & Manifest;
  return { ...made, spec: { ...made.spec, ...spec } };
}

const files = '/var/run/sallyport/servers';
const tokenOf = async (app: App): Promise<string> =>
  (
    await app.proxy(
      `fs.readdirSync('${files}').map((name) => fs.readFileSync('${files}/' + name + '/+/h0', 'utf8')).join()`,
    )
  ).trim();

interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly audiences?: readonly string[];
  readonly error?: string;
  readonly user?: {
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

/** What the API server says of a token. Without an audience, the question is whether it is one for the API server. */
async function review(token: string, ...audiences: string[]): Promise<TokenReviewStatus> {
  const asked = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, ...(audiences.length === 0 ? {} : { audiences }) },
  };
  const text = await kubectl.run(['create', '-f', '-', '-o', 'json'], JSON.stringify(asked));
  return (JSON.parse(text) as { readonly status: TokenReviewStatus }).status;
}

beforeAll(async () => {
  await kubectl.apply(namespace(ns), upstreamService(ns), upstreamPod(ns), serviceAccount(ns, 'searcher'));
  const origin = `http://${await clusterIp(kubectl, ns)}`;
  await configured(kubectl, {
    credentials: { serviceAccountTokens: [{ audience, namespaces: [ns], origins: [origin] }] },
  });
  await kubectl.apply(server('search', `${origin}/search`));
  await kubectl.apply(
    asking('agent', { serviceAccountName: 'searcher', automountServiceAccountToken: false }),
    // The kubelet then gives the file to this group.
    asking('grouped', { securityContext: { fsGroup: 2000 } }),
  );
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
  await kubectl.wait(ns, 'pod/agent', 'condition=Ready');
  await kubectl.wait(ns, 'pod/grouped', 'condition=Ready');
}, 180_000);

afterAll(async () => {
  await kubectl.run(['delete', '-n', ns, 'pods', '--all']);
  await configured(kubectl, {});
});

describe('the token of an injected pod', () => {
  it('is sent with the request of the app', async () => {
    expect(await agent.call('search')).toEqual({
      path: '/search',
      credential: digest(`Bearer ${await tokenOf(agent)}`),
      headers: {},
      client: null,
    });
  });

  it('is valid for its audience, and names the service account and the pod', async () => {
    const { authenticated, audiences, user } = await review(await tokenOf(agent), audience);
    expect({ authenticated, audiences }).toEqual({ authenticated: true, audiences: [audience] });
    expect(user?.username).toBe(`system:serviceaccount:${ns}:searcher`);
    expect(user?.extra?.['authentication.kubernetes.io/pod-name']).toEqual(['agent']);
  });

  it('is invalid for the API server and for another audience', async () => {
    const token = await tokenOf(agent);
    for (const audiences of [[], ['https://kubernetes.default.svc'], ['https://other.example.com']]) {
      const status = await review(token, ...audiences);
      expect(status.authenticated ?? false).toBe(false);
      expect(status.user?.username).toBeUndefined();
      expect(status.error).toBeTruthy();
    }
  });

  it('is in no file of the app, which has no other token either, and not in the stored pod', async () => {
    const end = (await tokenOf(agent)).slice(-60);
    expect(end).toMatch(/^[\w-]{60}$/);
    const found = await agent.sh(
      `grep -rl '${end}' /var /run /etc /tmp /home /root /mnt /dev/shm /proc/self/environ 2>/dev/null || true`,
    );
    expect(found).toBe('');
    expect(await agent.sh('ls /var/run/secrets/kubernetes.io 2>&1 || true')).toContain('No such file');
    expect((await agent.sh('ls /var/run/sallyport')).trim()).toBe('mcp.json');
    expect(await kubectl.run(['get', '-n', ns, 'pod', 'agent', '-o', 'json'])).not.toContain(end);
  });

  it('can be read by the proxy in a pod with an fsGroup, and ends with the pod', async () => {
    const token = await tokenOf(grouped);
    expect((await grouped.call('search')).credential).toBe(digest(`Bearer ${token}`));
    expect((await review(token, audience)).user?.username).toBe(`system:serviceaccount:${ns}:default`);
    await kubectl.run(['delete', '-n', ns, 'pod', 'grouped']);
    // The API server remembers for a moment that it was valid.
    await until('the token to be invalid', 60, async () =>
      (await review(token, audience)).authenticated === true ? undefined : true,
    );
  });
});

describe('a ConfigMap is denied', () => {
  it('for the audience that the API server names as its own', async () => {
    const printed = await kubectl.run([
      'create',
      'token',
      'default',
      '-n',
      ns,
      '-o',
      'jsonpath={.spec.audiences}',
    ]);
    const audiences = JSON.parse(printed) as readonly string[];
    expect(audiences).not.toEqual([]);
    for (const one of audiences)
      expect(await kubectl.refused(server('for-the-api-server', 'https://mcp.example.com', one))).toContain(
        '[MCP214] data[server.yaml].headers[0].serviceAccountToken.audience',
      );
  });

  it('for an origin that the configuration does not list, and so is a pod of one that was stored before', async () => {
    const text = await kubectl.refused(server('elsewhere', 'https://elsewhere.example.com'));
    expect(text).toContain('[MCP215] data[server.yaml].headers[0].serviceAccountToken.audience');
    expect(text).toContain('may not be sent to https://elsewhere.example.com');
    await configured(kubectl, {});
    expect(await kubectl.refused(asking('late', {}))).toContain('configmap/search has MCP215');
  });
});
