import { z } from 'zod';
import { identity } from '../core/identity.ts';
import { inGroup, type ObjectRef } from '../core/model.ts';
import { printableJson } from '../core/printable.ts';
import { fingerprints } from './fingerprint.ts';
import type { Reported } from './reported.ts';

/** Grows when a field changes its meaning. */
const version = 1;

const entrySchema = z.object({
  fingerprint: z.string().regex(/^[0-9a-f]{32}(?::\d+)?$/),
  code: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  path: z.string(),
});
const baselineSchema = z.object({ schemaVersion: z.literal(version), findings: z.array(entrySchema) });

/** A finding that is accepted. Only its fingerprint is compared; the rest tells a person which one it is. */
export type BaselineEntry = Readonly<z.infer<typeof entrySchema>>;

export type ReadBaseline =
  | { readonly kind: 'read'; readonly entries: readonly BaselineEntry[] }
  | { readonly kind: 'invalid'; readonly problem: string };

/** The findings of a baseline, or a clause that says why the text is none. The clause quotes nothing of the text. */
export function parseBaseline(text: string): ReadBaseline {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'invalid', problem: 'the baseline is not valid JSON' };
  }
  const parsed = baselineSchema.safeParse(json);
  if (parsed.success) return { kind: 'read', entries: parsed.data.findings };
  const [issue] = parsed.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  const problem =
    place === 'schemaVersion'
      ? `schemaVersion of the baseline is not ${version}`
      : `the file is not a baseline${place === '' ? '' : ` (${place})`}`;
  return { kind: 'invalid', problem };
}

export interface Compared {
  /** The findings that the baseline does not have. */
  readonly added: readonly Reported[];
  /** How many it has. */
  readonly accepted: number;
  /** Entries without a finding, of objects that were checked. */
  readonly gone: readonly BaselineEntry[];
  /** How many entries are about objects that were not checked. */
  readonly unchecked: number;
}

/**
 * What differs from the baseline. `checked` has the `objectKey` of every object that was checked. A file that cannot be
 * read is always new: it may hold anything.
 */
export function compareWithBaseline(
  reported: readonly Reported[],
  entries: readonly BaselineEntry[],
  checked: ReadonlySet<string>,
): Compared {
  const known = new Set(entries.map((entry) => entry.fingerprint));
  const prints = fingerprints(reported);
  const found = new Set(prints);
  const added = reported.filter((one, i) => !one.object || !known.has(prints[i] ?? ''));
  const missing = entries.filter((entry) => !found.has(entry.fingerprint));
  const gone = missing.filter((entry) => checked.has(entryKey(entry)));
  return {
    added,
    accepted: reported.length - added.length,
    gone,
    unchecked: missing.length - gone.length,
  };
}

/** The entries for findings, sorted by object, path and code. A finding without an object is left out. */
export function baselineOf(reported: readonly Reported[]): BaselineEntry[] {
  const prints = fingerprints(reported);
  return reported
    .flatMap(({ finding, object }, i) =>
      object
        ? [
            {
              code: finding.code,
              ...entryObject(object),
              path: String(finding.at),
              fingerprint: prints[i] ?? '',
            },
          ]
        : [],
    )
    .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** JSON that is the same for the same findings, one line for each field, so that a review shows what changed. */
export const baselineText = (entries: readonly BaselineEntry[]): string =>
  `${printableJson(JSON.stringify({ schemaVersion: version, findings: entries }, undefined, 2))}\n`;

/** `MCP101 MCPRemoteProxy.toolhive.stacklok.dev tools/github: spec.headers` */
export const entryText = ({ code, kind, namespace, name, path }: BaselineEntry): string =>
  `${code} ${kind} ${namespace}/${name}: ${path}`;

/** The same text for the same object, in a file or in a baseline. */
export const objectKey = (object: ObjectRef): string => entryKey(entryObject(object));

const entryObject = ({ group, kind, namespace, name }: ObjectRef) => ({
  kind: inGroup(kind, group),
  namespace,
  name,
});

const entryKey = ({ kind, namespace, name }: Pick<BaselineEntry, 'kind' | 'namespace' | 'name'>): string =>
  identity(kind, namespace, name);

const orderOf = ({ namespace, name, kind, path, code, fingerprint }: BaselineEntry): string =>
  [namespace, name, kind, path, code, fingerprint].join('\u0000');
