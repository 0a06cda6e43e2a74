import { describe, expect, it } from 'vitest';
import { podIn } from '../../src/core/k8s/pod-template.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { hasUpstream } from './folder.ts';
import { podProblems } from './pod-rules.ts';
import { recorded, recordedObject, stored } from './recorded.ts';

/** Stands for the owner that a recorded object names: only its reference was recorded. */
function ownerOf(object: Fields): Fields[] {
  const [owner] = listAt(fieldsAt(object, 'metadata'), 'ownerReferences');
  if (!owner) return [];
  const { apiVersion, kind, name, uid } = owner;
  const metadata = { name, namespace: 'default', uid };
  return [{ apiVersion, kind, metadata, spec: { worker: { agentConfigRefs: [{ name: 'tools' }] } } }];
}

const token = 'Bearer kelos-one';
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'gh-mcp-headers', namespace: 'default' },
  stringData: { Authorization: token, 'X-Team': 'a' },
};

describe.skipIf(!hasUpstream)('what Kelos really sends', () => {
  const config = () => recordedObject('create-agentconfigs-tools');
  const job = () => recordedObject('create-jobs-task1');
  const set = (name: string) => recordedObject(`create-statefulsets-${name}`);
  const rows: readonly (readonly [string, () => readonly Fields[]])[] = [
    ['create-jobs-task1', () => ownerOf(job())],
    ['create-statefulsets-sess1', () => ownerOf(set('sess1'))],
    ['create-statefulsets-wp-pool1', () => ownerOf(set('wp-pool1'))],
    ['update-statefulsets-sess1', () => ownerOf(set('sess1'))],
    ['update-statefulsets-wp-pool1', () => ownerOf(set('wp-pool1'))],
    ['create-pods-task1-pod', () => [job(), ...ownerOf(job())]],
    ['create-pods-sess1-0', () => [set('sess1'), ...ownerOf(set('sess1'))]],
    ['create-pods-wp-pool1-0', () => [set('wp-pool1'), ...ownerOf(set('wp-pool1'))]],
  ];

  it.each(rows)('loses its token: %s', async (name, owners) => {
    const review = recorded(name);
    const { object } = review.request;
    expect(JSON.stringify(object)).toContain(token);
    const after = await stored('kelos', review, [config(), secret, ...owners()]);
    expect(JSON.stringify(after)).not.toContain('kelos-one');
    const pod = podIn(after) ?? {};
    const claims = listAt(fieldsAt(object, 'spec'), 'volumeClaimTemplates');
    expect(
      podProblems(
        pod,
        claims.map((claim) => textAt(fieldsAt(claim, 'metadata'), 'name')),
      ),
    ).toEqual([]);
    const variable = containersOf(pod)
      .flatMap(({ fields }) => listAt(fields, 'env'))
      .find((entry) => textAt(entry, 'name') === 'KELOS_MCP_SERVERS');
    // The stdio server stays as it is, and the harmless header that was written inline.
    expect(textAt(variable, 'value')).toMatch(
      /^\{"mcpServers":\{"github":\{"type":"http","url":"http:\/\/127\.0\.0\.1:147\d\d\/mcp\/","headers":\{"X-Env":"test"\}\},"local":\{"type":"stdio","command":"npx","args":\["-y","some-mcp"\],"env":\{"LOG":"debug"\}\}\}\}$/,
    );
  });
});
