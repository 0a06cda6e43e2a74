import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { chart, helmBinary } from './helm.ts';
import { run } from './processes.ts';

/** The objects that Helm renders of the chart, for tests without a cluster. */

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
}
interface PodSpec {
  readonly [field: string]: unknown;
  readonly containers: readonly Container[];
}
export interface Document {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
  readonly webhooks?: readonly {
    readonly name: string;
    readonly timeoutSeconds: number;
    readonly namespaceSelector: unknown;
  }[];
}

/** Helm, and what it makes of values; for one test file, whose end removes the files. */
export function chartRenderer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-values-'));
  let helm = '';
  beforeAll(async () => {
    helm = await helmBinary((line) => console.log(line));
  }, 1_800_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  function valuesFile(values: object): string {
    const file = path.join(folder, 'values.yaml');
    writeFileSync(file, JSON.stringify(values));
    return file;
  }
  /** The arguments that render the chart, with the objects of `helm test`. */
  const template = (values: object) => {
    const at = ['--namespace=mcp', '--kube-version=1.30.0', '-f', valuesFile(values)];
    return ['template', 'guard', chart, ...at];
  };
  async function rendered(values: object): Promise<Document[]> {
    return parseAllDocuments(await run(helm, template(values)))
      .map((document) => document.toJS() as Document | null)
      .filter((one) => one !== null);
  }
  return { helm: () => helm, valuesFile, template, rendered };
}

export const named = (documents: readonly Document[], kind: string, name: string) =>
  documents.find((one) => one.kind === kind && one.metadata.name === name);
/** The pods of the release, by name: those of the Deployments, and that of `helm test`. */
export function podsOf(
  documents: readonly Document[],
): ReadonlyMap<string, { metadata: Document['metadata']; spec: PodSpec }> {
  return new Map(
    documents.flatMap((one) => {
      if (one.kind === 'Pod')
        return [
          [one.metadata.name, { metadata: one.metadata, spec: one.spec as unknown as PodSpec }] as const,
        ];
      if (one.kind !== 'Deployment') return [];
      return [
        [
          one.metadata.name,
          (one.spec as { template: { metadata: Document['metadata']; spec: PodSpec } }).template,
        ] as const,
      ];
    }),
  );
}
