import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { injectLabel, podAnnotations } from '../../src/core/annotations.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';

/** outcomes.yaml: what must come out, row by row. Its head explains the fields. */

const changes = z.record(z.string(), z.unknown());

const row = z.strictObject({
  name: z.string(),
  file: z.string(),
  door: z.enum(['lint', 'review', 'inject']),
  complete: z.boolean().default(false),
  secrets: z.record(z.string(), z.union([z.literal('pair'), z.array(z.string())])).default({}),
  put: changes.default({}),
  before: changes.optional(),
  dryRun: z.boolean().default(false),
  ask: z.string().optional(),
  expect: z.enum(['passes', 'fails', 'allowed', 'denied', 'refused', 'left alone', 'injected']),
  findings: z.array(z.string()).default([]),
  why: z.string().min(1),
});

export type Row = z.output<typeof row>;

const document = z
  .strictObject({ servers: z.array(z.record(z.string(), z.unknown())), rows: z.array(row) })
  .parse(parse(readFileSync(new URL('./outcomes.yaml', import.meta.url), 'utf8')));

export const rows: readonly Row[] = document.rows;
/** Custom resources that are in the cluster of every row that asks for one. */
export const servers: readonly Fields[] = document.servers;

export interface Review {
  readonly request: Fields & { readonly object: Fields };
}

/** Something we change on the way; everything else stays as it was recorded. */
type Open = Record<string, unknown>;

/** A copy with values put at dotted paths; `null` takes a field away, a missing map is made. */
export function withChanges(object: Fields, wanted: Readonly<Record<string, unknown>>): Fields {
  const copy = structuredClone(object) as Open;
  for (const [path, value] of Object.entries(wanted)) {
    const keys = path.split('.');
    let parent = copy;
    for (const key of keys.slice(0, -1)) parent = (parent[key] ??= {}) as Open;
    const last = keys.at(-1) ?? '';
    if (value === null) delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return copy;
}

/** The pod with our label and the annotation that names its servers. */
export function asking(pod: Fields, ask: string | undefined): Fields {
  if (ask === undefined) return pod;
  const copy = structuredClone(pod) as { metadata?: Open };
  const metadata = (copy.metadata ??= {});
  metadata['labels'] = { ...(metadata['labels'] as object | undefined), [injectLabel]: 'true' };
  metadata['annotations'] = {
    ...(metadata['annotations'] as object | undefined),
    [podAnnotations.servers]: ask,
  };
  return copy;
}

/** A recorded review with the row's changes. */
export function changedReview(recorded: Review, { put, before, dryRun, ask }: Row): Review {
  const { request } = recorded;
  const object = asking(withChanges(request.object, put), ask);
  const update =
    before === undefined ? {} : { operation: 'UPDATE', oldObject: withChanges(request.object, before) };
  return { ...recorded, request: { ...request, ...update, object, ...(dryRun ? { dryRun } : {}) } };
}

/** The Secrets of a row as a cluster would hold them; the values are nobody's. */
export function secretsOf(wanted: Row['secrets'], pair: Readonly<Record<string, string>>): Fields[] {
  return Object.entries(wanted).map(([name, keys]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    stringData: keys === 'pair' ? pair : Object.fromEntries(keys.map((key) => [key, 'made-up'])),
  }));
}
