import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { repository } from './cache.ts';
import type { Manifest } from './kubectl.ts';

/** What a kind description says that the API server must know. */
export interface KnownKind {
  readonly family: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly string[];
  /** `Namespaced` when left out. */
  readonly scope?: 'Namespaced' | 'Cluster';
}

export async function knownKinds(): Promise<readonly KnownKind[]> {
  const folder = path.join(repository, 'src/core/kinds');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
  return Promise.all(
    files.map(async (file) => parse(await readFile(path.join(folder, file), 'utf8')) as KnownKind),
  );
}

/** Of a definition: its versions that take everything, separated by commas. */
export const withoutSchema = 'example.com/versions-without-schema';

/** Takes everything. */
export const noSchema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };

/** For a kind whose operator's own definition cannot be had: every version, and no schema. */
export function definitionOf({ group, kind, plural, versions, scope = 'Namespaced' }: KnownKind): Manifest {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: { [withoutSchema]: versions.join(',') } },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: versions.map((name, i) => ({ name, served: true, storage: i === 0, schema: noSchema })),
    },
  };
}
