import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { podAnnotations } from '../../src/core/annotations.ts';
import { App, digest } from './app.ts';
import { kmcpServer } from './kagent.ts';
import { Kubectl } from './kubectl.ts';
import { namespace, pod, secret, testNamespace } from './objects.ts';
import { secureUpstream, tlsKeys } from './secure-upstream.ts';

/** What kagent's controller does, which dials each server itself: http, whatever the resource says. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('forward');
const controller = new App(kubectl, ns, 'controller');
const host = `test-mcp.${ns}`;
let address = '';

beforeAll(async () => {
  await kubectl.apply(namespace(ns));
  const upstream = await secureUpstream(kubectl, ns, [`${host}.svc`]);
  ({ address } = upstream);
  const client = tlsKeys(await upstream.client('kmcp-client'));
  await kubectl.apply(secret(ns, 'client', { ...client, 'ca.crt': upstream.authority }));
  await kubectl.apply(kmcpServer(ns, 'test-mcp', 'client'));
  await kubectl.apply(
    pod(ns, 'controller', {
      servers: 'mcpserver.kagent.dev/test-mcp',
      annotations: { [podAnnotations.forward]: 'others=refuse' },
      hosts: [{ ip: address, hostnames: [host, `${host}.svc`] }],
    }),
  );
  for (const name of ['upstream', 'controller']) await kubectl.wait(ns, `pod/${name}`, 'condition=Ready', 90);
}, 120_000);
afterAll(() => kubectl.run(['delete', 'namespace', ns, '--wait=false']));

describe('a labelled pod that takes an HTTP proxy but no other URL', () => {
  it('reaches a server over TLS with a client certificate', async () => {
    const said = await controller.sh(`wget -qO- --header "Authorization: mine" 'http://${host}:443/mcp'`);
    expect(JSON.parse(said)).toMatchObject({
      path: '/mcp',
      client: 'kmcp-client',
      credential: digest('mine'),
    });
  }, 60_000);

  it('reaches nobody else through it', async () => {
    const said = await controller.sh(`wget -O- 'http://${address}/requests' 2>&1 || true`);
    expect(said).toContain('403');
  }, 60_000);
});
