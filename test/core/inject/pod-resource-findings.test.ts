import { describe, expect, it } from 'vitest';
import { defaultConfiguration } from '../../../src/core/configuration.ts';
import { createEngine, settingsOf } from '../../../src/engine/engine.ts';
import { injectLabelled } from '../../../src/engine/inject-labelled.ts';
import type { KubernetesObject } from '../../../src/files/documents.ts';
import {
  agentConfig,
  injectInto,
  kmcpServer,
  planned,
  podWith,
  refusals,
  remoteProxy,
  remoteServer,
} from './world.ts';
import { clusterWith, unanswered } from '../../support/cluster.ts';

/** Servers whose own resource is not right: the object rules run again when a pod asks for one. */

const remote = (name: string) => ({ name, type: 'http', url: `https://${name}.example.com/mcp` });
const asked = { servers: 'mcpremoteproxy/github' };

const literal = (value: string) =>
  remoteProxy('github', {}, { headerForward: { addPlaintextHeaders: { 'X-Team': value } } });

it('a line end after a literal is left behind, as the proxy leaves it behind in a Secret', async () => {
  const [server] = planned(await injectInto(podWith(asked), [literal('acme\n')])).servers;
  expect(server?.config.headers).toEqual([{ name: 'X-Team', value: 'acme', conflict: 'override' }]);
});

describe('a server is not injected', () => {
  const openings: readonly (readonly [string, KubernetesObject, string])[] = [
    [
      'with a credential in plain text',
      remoteProxy(
        'github',
        {},
        { headerForward: { addPlaintextHeaders: { 'X-Api-Key': 'abcdefgh12345678' } } },
      ),
      'MCP101',
    ],
    [
      'with a credential in its URL',
      remoteProxy('github', {}, { remoteUrl: 'https://x.example/?api_key=abcdefgh1234' }),
      'MCP102',
    ],
    ['with an empty literal', literal(''), 'MCP204'],
    ['with a literal of two lines', literal('a\nb'), 'MCP204'],
    ['with a literal outside ASCII', literal('schön'), 'MCP204'],
    ['with a header that is no token', remoteProxy('github', { 'X Bad': 's/k' }), 'MCP301'],
    ['with a reserved header', remoteProxy('github', { 'Mcp-Session-Id': 's/k' }), 'MCP303'],
    ['without a URL', remoteProxy('github', {}, { remoteUrl: '' }), 'MCP404'],
    ['with a field of the wrong type', remoteProxy('github', {}, { headerForward: 7 }), 'MCP001'],
    ['at a metadata address', remoteProxy('github', {}, { remoteUrl: 'https://169.254.169.254/' }), 'MCP405'],
  ];
  it.each(openings)('%s, also when it was stored before Sallyport came', async (_what, object, code) => {
    const injection = await injectInto(podWith(asked), [object]);
    expect(refusals(injection)).toEqual([
      expect.stringMatching(new RegExp(`^${code}: mcpremoteproxy/github has ${code} at `)),
    ]);
  });

  it.each(openings.slice(0, -1))('%s, even where that is only a warning', async (_what, object) => {
    const injection = await injectInto(podWith(asked), [object], { modes: { ceiling: 'warn' } });
    expect(injection.kind).toBe('denied');
  });

  it('because of another server of the same resource only when it is asked for too', async () => {
    const config = agentConfig('tools', [remote('good'), { ...remote('bad'), url: 'nowhere' }]);
    expect((await injectInto(podWith({ servers: 'agentconfig/tools/good' }), [config])).kind).toBe('planned');
    expect((await injectInto(podWith({ servers: 'agentconfig/tools' }), [config])).kind).toBe('denied');
  });

  it('without TLS verification, unless the platform allows it', async () => {
    const pod = podWith({ servers: 'remotemcpserver/linear' });
    const objects = [remoteServer('linear', { tls: { disableVerify: true } })];
    expect(refusals(await injectInto(pod, objects))).toEqual([
      'MCP402: remotemcpserver.kagent.dev/linear switches TLS verification off at spec.tls.disableVerify',
    ]);
    const settings = { inject: { allowUnverifiedTLS: true } };
    const [server] = planned(await injectInto(pod, objects, settings)).servers;
    expect(server?.config.tls?.verify).toBe(false);
  });

  it('with a client certificate over plain http', async () => {
    const object = remoteServer(
      'linear',
      { url: 'http://x.example/' },
      { 'sallyport.dev/client-tls-secret': 'c' },
    );
    expect(refusals(await injectInto(podWith({ servers: 'remotemcpserver/linear' }), [object]))).toEqual([
      expect.stringMatching(/^MCP404: /),
    ]);
  });

  it('when its kind cannot be asked for', async () => {
    const cluster = clusterWith({ get: () => Promise.resolve(unanswered) });
    const engine = createEngine(settingsOf(defaultConfiguration), cluster, () => 0);
    const injection = await injectLabelled(engine, podWith(asked), 'team-a', {
      signal: new AbortController().signal,
    });
    expect(refusals(injection)).toEqual([
      'MCP504: Sallyport cannot look up mcpremoteproxy/github: the API server did not answer',
    ]);
  });

  it('from kmcp with a port that is no number', async () => {
    const object = { ...kmcpServer('search'), spec: { deployment: { port: { a: 1 } } } };
    expect(refusals(await injectInto(podWith({ servers: 'mcpserver/search' }), [object]))).toHaveLength(1);
  });
});
