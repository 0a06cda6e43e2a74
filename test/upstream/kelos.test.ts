import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { podIn } from '../../src/core/inject/pod-template.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../src/core/inject/pod.ts';
import { runSallyport } from '../support/terminal.ts';
import { hasUpstream, upstreamText } from './folder.ts';
import type { Review } from './outcomes.ts';
import { podProblems } from './pod-rules.ts';

/** What Kelos's own controller sent to an API server, with the objects beside it that it was made from. */
const recorded = (name: string): Review =>
  JSON.parse(upstreamText(`recorded/admission-reviews/${name}.json`)) as Review;

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

async function answered(review: object, objects: readonly Fields[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-kelos-'));
  try {
    const config = path.join(folder, 'config.json');
    const families = { kelos: true };
    writeFileSync(
      config,
      JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', inject: { families } }),
    );
    const cluster = mkdtempSync(path.join(folder, 'cluster-'));
    for (const [i, object] of objects.entries())
      writeFileSync(path.join(cluster, `${i}.json`), JSON.stringify(object), { mode: 0o600 });
    const { out, err } = await runSallyport(['review', '-', '--cluster', cluster, '--config', config], {
      stdin: JSON.stringify(review),
    });
    expect(err).toBe('');
    const { response } = JSON.parse(out) as { response: { allowed: boolean; patch?: string } };
    return response;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasUpstream)('what Kelos really sends', () => {
  const config = () => recorded('create-agentconfigs-tools').request.object;
  const job = () => recorded('create-jobs-task1').request.object;
  const set = (name: string) => recorded(`create-statefulsets-${name}`).request.object;
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
    const { patch = '' } = await answered(review, [config(), secret, ...owners()]);
    const stored = applyPatch(object, JSON.parse(Buffer.from(patch, 'base64').toString()));
    expect(JSON.stringify(stored)).not.toContain('kelos-one');
    const pod = podIn(stored) ?? {};
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
