import { describe, expect, it } from 'vitest';
import { observeAgentConfig } from '../../src/facts/agent-config.ts';

const observed = (config: unknown) =>
  observeAgentConfig(
    new Map([['config.json', Buffer.from(typeof config === 'string' ? config : JSON.stringify(config))]]),
  );

const one = (params: object) => ({ params: { url: 'https://a.example.com/mcp', ...params }, tools: ['a'] });

describe('an agent’s configuration', () => {
  it('is known by its servers in their order, with the names of their headers', () => {
    const config = {
      model: { api_key: 'canary-model' },
      http_tools: [one({ headers: { 'X-B': 'canary-b', Authorization: 'canary-a' } }), one({})],
      sse_tools: [one({ url: 'https://b.example.com/sse', headers: { 'x-c': 'canary-c' } })],
      remote_agents: [{ url: 'http://other', headers: { 'X-D': 'canary-d' } }],
    };
    const fact = observed(config);
    expect(fact).toEqual({
      state: 'present',
      http_tools: [
        { url: 'https://a.example.com/mcp', headers: ['X-B', 'Authorization'] },
        { url: 'https://a.example.com/mcp', headers: [] },
      ],
      sse_tools: [{ url: 'https://b.example.com/sse', headers: ['x-c'] }],
    });
    expect(JSON.stringify(fact)).not.toContain('canary');
  });

  it.each<[string, object]>([
    ['without the lists', {}],
    ['with lists that are null', { http_tools: null, sse_tools: null }],
  ])('%s has no servers', (_, config) =>
    expect(observed(config)).toEqual({ state: 'present', http_tools: [], sse_tools: [] }),
  );

  it.each<[string, unknown]>([
    ['no JSON', '{"canary": '],
    ['no object', ['canary']],
    ['a list that is none', { http_tools: { canary: 1 } }],
    ['a server without a URL', { http_tools: [one({}), { params: { canary: 1 } }] }],
    ['a URL that is no text', { sse_tools: [one({ url: ['canary'] })] }],
    ['headers that are no map', { http_tools: [one({ headers: ['canary'] })] }],
  ])('that is %s is not known, and nothing of it is said', (_, config) =>
    expect(observed(config)).toEqual({
      state: 'unknown',
      cause: 'malformed',
      why: 'its config.json is not what kagent writes',
    }),
  );

  it('in a Secret without that file is not known', () =>
    expect(observeAgentConfig(new Map())).toEqual({
      state: 'unknown',
      cause: 'malformed',
      why: 'it has no config.json',
    }));
});
