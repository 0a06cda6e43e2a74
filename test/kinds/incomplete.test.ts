import { describe, expect, it } from 'vitest';
import { codesOf, read } from './reading.ts';

/** An entry that lacks a part would never be sent, so it is said of the entry, once. */
const toolhive = (entry: object) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPRemoteProxy',
  metadata: { name: 'one' },
  spec: { remoteUrl: 'https://mcp.example.com', headerForward: { addHeadersFromSecret: [entry] } },
});
const kagent = (entry: object) => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { name: 'one' },
  spec: { url: 'https://mcp.example.com', headersFrom: [entry] },
});

describe('a header entry that lacks a part', () => {
  it.each([
    [
      'its name',
      toolhive({ headerNmae: 'X', valueSecretRef: { name: 's', key: 'k' } }),
      'it has no header name',
    ],
    ['the reference', toolhive({ headerName: 'X' }), 'it names no Secret'],
    [
      'the name of the Secret',
      toolhive({ headerName: 'X', valueSecretRef: { nmae: 's', key: 'k' } }),
      'it names no Secret',
    ],
    [
      'the key',
      toolhive({ headerName: 'X', valueSecretRef: { name: 's' } }),
      'it names no key of the Secret',
    ],
    ['everything', toolhive({}), 'it has no header name'],
    ['its name, on a kind that reads one list three times', kagent({ value: 'x' }), 'it has no header name'],
    [
      'the ConfigMap',
      kagent({ name: 'X', valueFrom: { type: 'ConfigMap', key: 'k' } }),
      'it names no ConfigMap',
    ],
  ])('%s is MCP001 there, and nothing else is said', (_, object, what) => {
    const reading = read(object);
    expect(reading.mismatches.map(({ expected }) => expected)).toEqual([`complete: ${what}`]);
    expect(codesOf(reading)).toHaveLength(1);
  });
});
