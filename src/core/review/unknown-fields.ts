import { identity, type Finding } from '../finding.ts';
import { isFields } from '../k8s/objects.ts';
import type { KnownFields } from '../kinds/known-fields.ts';
import type { Kind } from '../kinds/reader.ts';
import type { ObjectRef } from '../model.ts';
import { nearest, suggestion } from '../nearest.ts';
import { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { knownSchema, type KnownSchema, type SchemaNode } from '../schemas/upstream-fields.ts';

/** Fields that the API server rejects or drops, because the schema of the object's kind does not have them. */

/** A person corrects no more at once; the rest is counted. */
const maxFindings = 20;
/** Objects over the limit on nesting (core/limits.ts) are not judged, so this is never reached. */
const maxDepth = 128;
/** A field with such a name holds a credential, or names the Secret with one. */
const ofCredential = /secret|token|password|passwd|credential|api_?key|private_?key/i;

/** A value, what the schema knows below it, and what Sallyport reads below it. */
interface Place {
  readonly value: unknown;
  readonly at: Path;
  readonly schema: SchemaNode;
  readonly read: KnownFields | undefined;
  readonly depth: number;
}

/** Nothing for a kind or version without a schema at hand. A field that Sallyport reads is known: an older release had it. */
export function unknownFields(object: unknown, owner: ObjectRef, kind: Kind): Finding[] {
  const known = knownSchema(owner);
  if (!known) return [];
  const read = kind.readFields(owner.version);
  const kept: Finding[] = [];
  let others = 0;
  const open: Place[] = [{ value: object, at: Path.root, schema: known.root, read, depth: 0 }];
  for (let place = open.pop(); place; place = open.pop()) {
    if (place.depth >= maxDepth) continue;
    const inside: Place[] = [];
    for (const [step, value, at] of stepsInto(place)) {
      const [schema, below] = [place.schema.steps.get(step), place.read?.get(step)];
      if (schema) inside.push({ value, at, schema, read: below, depth: place.depth + 1 });
      if (place.schema.steps.has(step) || below || step === '[]' || step === '{}') continue;
      if (kept.length < maxFindings) kept.push(finding(step, at, place, owner, known));
      else others += 1;
    }
    open.push(...inside.toReversed());
  }
  return others === 0 ? kept : [...kept, andMore(others)];
}

/** The values inside a value, each with its step in the schema. Of a value of another type than the schema's: none. */
function stepsInto({ value, at, schema: { steps } }: Place): [step: string, value: unknown, at: Path][] {
  if (Array.isArray(value))
    return steps.has('[]') ? value.map((item: unknown, i) => ['[]', item, at.item(i)]) : [];
  if (!isFields(value) || steps.has('[]')) return [];
  if (steps.has('{}')) return Object.entries(value).map(([key, one]) => ['{}', one, at.entry(key)]);
  const found = Object.entries(value).filter(([key]) => steps.has(key) || !steps.has('*'));
  return found.map(([key, one]) => [key, one, at.field(key)]);
}

function finding(
  name: string,
  at: Path,
  { schema, read }: Place,
  { kind, version }: ObjectRef,
  { releases }: KnownSchema,
): Finding {
  // Of two names that are equally near, the one that Sallyport reads matters more.
  const meant = nearest(name, [...(read?.keys() ?? []), ...schema.steps.keys()]);
  const matters = meant !== undefined && (read?.has(meant) === true || ofCredential.test(meant));
  const shown = shownName(name);
  return {
    code: 'MCP007',
    at,
    what: `${kind} ${version} has no field ${shown} here${suggestion(meant)}`,
    why: matters
      ? 'kubectl rejects the object, and a client that does not validate stores it without this field, so its server has no such credential or setting'
      : 'kubectl rejects the object, and a client that does not validate stores it without this field',
    fix:
      meant === undefined
        ? `remove it; if a release newer than ${releases.at(-1) ?? ''} has it, ignore this warning`
        : `rename it to ${meant}`,
    identity: identity('MCP007', String(at)),
    // A field without a near name may be one of a newer release.
    ...(matters ? {} : { atMost: 'warn' }),
  };
}

const andMore = (count: number): Finding => ({
  code: 'MCP007',
  at: Path.root,
  what: `${count} more fields of this object are unknown`,
  why: 'kubectl rejects the object, and a client that does not validate stores it without them',
  fix: 'compare the object with kubectl explain',
  identity: identity('MCP007', 'more'),
  atMost: 'warn',
});
