import { describe, expect, it } from 'vitest';
import { codesOf, findingsOf, read } from './reading.ts';

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

describe('a header entry with a misspelt field', () => {
  it.each([
    [
      'of its name',
      toolhive({ headerNmae: 'X', valueSecretRef: { name: 's', key: 'k' } }),
      'spec.headerForward.addHeadersFromSecret[0].headerNmae',
      'headerName',
    ],
    [
      'of the reference',
      toolhive({ headerName: 'X', value_secret_ref: { name: 's', key: 'k' } }),
      'spec.headerForward.addHeadersFromSecret[0].value_secret_ref',
      'valueSecretRef',
    ],
    [
      "of the Secret's name",
      toolhive({ headerName: 'X', valueSecretRef: { nmae: 's', key: 'k' } }),
      'spec.headerForward.addHeadersFromSecret[0].valueSecretRef.nmae',
      'name',
    ],
    [
      'of the key',
      toolhive({ headerName: 'X', valueSecretRef: { name: 's', Key: 'k' } }),
      'spec.headerForward.addHeadersFromSecret[0].valueSecretRef.Key',
      'key',
    ],
    ['on another kind', kagent({ naem: 'X', value: 'x' }), 'spec.headersFrom[0].naem', 'name'],
  ])('%s is MCP001 at that field, with the name that was meant', (_, object, at, meant) => {
    const [finding, ...others] = findingsOf(read(object));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ code: 'MCP001', fix: `rename ${at} to ${meant}` });
    expect(String(finding?.at)).toBe(at);
    expect(finding?.what).toContain(` (did you mean ${meant}?)`);
  });
});
