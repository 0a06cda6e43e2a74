import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { OperatorAdapter } from '../../src/core/operators/operator-adapter.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import { runSallyport } from '../support/terminal.ts';
import { upstreamText } from './folder.ts';
import type { Review } from './outcomes.ts';

/** What an operator's own controller sent to an API server. */
export const recorded = (name: string): Review =>
  JSON.parse(upstreamText(`recorded/admission-reviews/${name}.json`)) as Review;

/** The object of a review as it is stored when nobody changes it. */
export const recordedObject = (name: string): Fields => recorded(name).request.object;

/** What is stored in its stead with an operator switched on, and these objects in the cluster. */
export async function stored(
  family: OperatorAdapter['name'],
  review: Review,
  objects: readonly Fields[],
): Promise<Fields> {
  const folder = mkdtempSync(path.join(tmpdir(), `sallyport-${family}-`));
  try {
    const config = path.join(folder, 'config.json');
    const inject = { families: { [family]: true } };
    writeFileSync(config, JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', inject }));
    const cluster = mkdtempSync(path.join(folder, 'cluster-'));
    for (const [i, object] of objects.entries())
      writeFileSync(path.join(cluster, `${i}.json`), JSON.stringify(object), { mode: 0o600 });
    const { out, err } = await runSallyport(['review', '-', '--cluster', cluster, '--config', config], {
      stdin: JSON.stringify(review),
    });
    expect(err).toBe('');
    const { patch = '' } = (JSON.parse(out) as { response: { patch?: string } }).response;
    return applyPatch(review.request.object, JSON.parse(Buffer.from(patch, 'base64').toString()));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
