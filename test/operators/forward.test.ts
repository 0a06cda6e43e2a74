import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { podAnnotations } from '../../src/core/annotations.ts';
import { App, digest } from '../cluster/app.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { namespace, pod, secret, serverConfigMap, testNamespace } from '../cluster/objects.ts';
import { secureUpstream, tlsKeys } from '../cluster/secure-upstream.ts';
import { images } from './images.ts';
import {
  call,
  containersOf,
  deploymentOf,
  group,
  kmcpServer,
  localServer,
  podOf,
  toolhive,
  variablesOf,
} from './world.ts';

/** Programs whose URLs nobody can change, and which take an HTTP proxy. */
const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('forward');
const host = `upstream.${ns}.svc`;
const token = randomBytes(12).toString('hex');

beforeAll(async () => {
  await kubectl.apply(namespace(ns));
  const { client, authority } = await secureUpstream(kubectl, ns, [host, `guarded.${ns}.svc`], images.server);
  await kubectl.apply(
    secret(ns, 'token', { value: token }),
    secret(ns, 'client', { ...tlsKeys(await client('client-one')), 'ca.crt': authority }),
    serverConfigMap(ns, 'search', {
      url: `https://${host}/mcp`,
      headers: [{ name: 'Authorization', secretKeyRef: { name: 'token', key: 'value' } }],
      tls: { clientSecretRef: { name: 'client' }, caSecretRef: { name: 'client', key: 'ca.crt' } },
    }),
    toolhive(ns, 'MCPGroup', 'remote', {}),
    toolhive(ns, 'MCPServerEntry', 'search', {
      remoteUrl: `http://${host}/mcp`,
      transport: 'streamable-http',
      ...group,
    }),
    localServer(ns),
    toolhive(ns, 'VirtualMCPServer', 'discovering', {
      ...group,
      incomingAuth: { type: 'anonymous' },
      podTemplateSpec: {
        metadata: {
          labels: { 'sallyport.dev/inject': 'true' },
          annotations: {
            [podAnnotations.servers]: 'configmap/search',
            [podAnnotations.forward]: 'others=pass',
          },
        },
      },
    }),
    kmcpServer(ns, 'everything', { port: 8080, image: images.server }),
    kmcpServer(ns, 'guarded', { port: 8443, image: images.discovery, ...serving('upstream') }, 'client'),
  );
}, 180_000);

/** Over TLS, to whoever has a certificate. */
const serving = (certificate: string) => ({
  cmd: 'discovery',
  args: ['serve', '/tls'],
  volumes: [{ name: 'tls', secret: { secretName: certificate } }],
  volumeMounts: [{ name: 'tls', mountPath: '/tls' }],
});

describe('a VirtualMCPServer that discovers a backend at http://', () => {
  it('calls it over TLS, with a header and a certificate it does not have', async () => {
    const made = await podOf(kubectl, ns, 'discovering');
    expect(containersOf(made)).toEqual(['sallyport-proxy', 'vmcp']);
    expect(variablesOf(made)).toContain('HTTP_PROXY');
    expect(await call(cluster, kubectl, ns, 'vmcp-discovering', 'search_what_came')).toMatchObject({
      path: '/mcp',
      host,
      headers: { authorization: digest(token) },
      client: 'client-one',
    });
  });

  it('calls a Service as before', async () => {
    await podOf(kubectl, ns, 'local');
    const came = await call(cluster, kubectl, ns, 'vmcp-discovering', 'local_what_came');
    expect(came).toMatchObject({ path: '/mcp', client: null });
  });

  it('is not rolled out again and again by its operator, which sees our label in its template', async () => {
    const { metadata } = await deploymentOf(kubectl, ns, 'discovering');
    expect(metadata.generation).toBe(1);
  });
});

/** kagent's controller cannot be had, so this is the same SDK, called as it calls it. */
describe("kagent's controller, which dials http:// whatever the resource says", () => {
  const controller = new App(kubectl, ns, 'controller');
  const guarded = `http://guarded.${ns}:8443/mcp`;

  beforeAll(async () => {
    await podOf(kubectl, ns, 'guarded');
    await kubectl.apply(
      pod(ns, 'controller', {
        image: images.discovery,
        servers: 'mcpserver.kagent.dev/guarded',
        annotations: { [podAnnotations.forward]: 'others=pass' },
      }),
    );
    await kubectl.wait(ns, 'pod/controller', 'condition=Ready', 90);
  }, 180_000);

  it('without us is refused by the server, which says why', async () => {
    const said = await controller.sh(
      `env -u HTTP_PROXY -u http_proxy discovery list ${guarded} 2>&1 || true`,
    );
    expect(said).toContain('Bad Request');
    const log = await kubectl.run(['logs', '-n', ns, 'deployment/guarded']);
    expect(log).toContain('client sent an HTTP request to an HTTPS server');
  });

  it('lists the tools of a real MCPServer that demands TLS and a client certificate', async () => {
    expect(await controller.sh(`discovery list ${guarded}`)).toBe('guarded_tool\n');
  });

  it('lists those of every other server as before', async () => {
    expect(await controller.sh(`discovery list http://everything.${ns}:8080/mcp`)).toBe('what_came\n');
  });
});
