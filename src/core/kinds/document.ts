import { isAlias, isMap, isScalar, visit } from 'yaml';
import { labels } from '../annotations.ts';
import { isFields } from '../k8s/objects.ts';
import { objectLimits } from '../limits.ts';
import { measure } from '../measure.ts';
import type { PlainText } from '../model.ts';
import { Path } from '../path.ts';
import { parseYaml } from '../text-document.ts';
import type { Work } from '../work.ts';
import type { DocumentPlace, ServerShape } from './description.ts';
import { knownFields, unknownFields } from './known-fields.ts';
import type { Mismatch, Node } from './path/evaluate.ts';
import type { Parsed } from './records/elsewhere.ts';
import { otherKeys } from './records/other-keys.ts';

/** Servers that stand as YAML in one key of a labelled ConfigMap, where no schema of the API server's looks. */

/** What a page of servers needs, many times over; what the API server takes would hold a review up for a second. */
const maxCharacters = 64 * 1024;

interface Opened {
  readonly root: Node;
  readonly mismatches: readonly Mismatch[];
  /** Left out where the text cannot be read. */
  readonly parsed?: Parsed;
}

export interface DocumentReader {
  /** Whether the object is one of those that hold servers. */
  selects(object: unknown): boolean;
  /** Throws `OverLimit` for a document that is too large to judge. */
  open(object: unknown, work: Work): Opened;
  /** The content of the other keys. */
  others(object: unknown): PlainText[];
}

export function documentReader(
  { label, key }: DocumentPlace,
  shapes: readonly ServerShape[],
): DocumentReader {
  const known = knownFields(shapes);
  return {
    selects: (object) => labels(object).get(label) === 'true',
    open(object, work) {
      const nothing = (at: Path, expected: string): Opened => ({
        root: { value: undefined, at },
        mismatches: [{ at, expected }],
      });
      const data: unknown = isFields(object) ? object['data'] : undefined;
      if (data === undefined || data === null) return nothing(Path.root, `a ConfigMap with data[${key}]`);
      if (!isFields(data)) return nothing(Path.fields('data'), 'a map');
      const at = Path.fields('data').entry(key);
      const text = Object.hasOwn(data, key) ? data[key] : undefined;
      if (text === undefined || text === null)
        return nothing(Path.fields('data'), `a map with the key ${key}, which says what the server is`);
      if (typeof text !== 'string') return nothing(at, 'a string');
      if (text.length > maxCharacters) return nothing(at, `at most ${maxCharacters / 1024} KiB`);
      const parsed = parse(text);
      if (parsed.kind === 'invalid') return nothing(at, parsed.problem);
      measure(parsed.value, work);
      const root = { value: parsed.value, at };
      return { root, mismatches: unknownFields(root, known), parsed: { root, comments: parsed.comments } };
    },
    others: (object) => otherKeys(object, key),
  };
}

/** The library's own sentences may quote the text, so only the kind of error is told, and its line. */
function parse(
  text: string,
):
  | { readonly kind: 'valid'; readonly value: unknown; readonly comments: string }
  | { readonly kind: 'invalid'; readonly problem: string } {
  const parsed = parseYaml(text, { schema: 'core', merge: false });
  if (!parsed)
    return { kind: 'invalid', problem: `YAML with at most ${objectLimits.depth.most} levels of nesting` };
  const { document, repeated, value } = parsed;
  const [error] = document.errors;
  const wrong = error
    ? { at: error.pos[0], code: error.code.toLowerCase().replaceAll('_', ' ') }
    : repeated === undefined
      ? undefined
      : { at: repeated, code: 'duplicate key' };
  if (wrong) {
    const line = text.slice(0, wrong.at).split('\n').length;
    return { kind: 'invalid', problem: `YAML that can be read (line ${line}: ${wrong.code})` };
  }
  let odd: string | undefined;
  const comments: unknown[] = [document.commentBefore, document.comment];
  visit(document, {
    Node(_, node) {
      comments.push(node.commentBefore, node.comment);
      // A page of servers needs neither, and both can say one thing to us and another to a person.
      if (isAlias(node)) odd = 'YAML without aliases';
      if (isMap(node) && node.items.some((pair) => !isScalar(pair.key) || typeof pair.key.value !== 'string'))
        odd = 'YAML whose keys are texts';
      return odd === undefined ? undefined : visit.BREAK;
    },
  });
  if (odd !== undefined) return { kind: 'invalid', problem: odd };
  if (!isFields(value)) return { kind: 'invalid', problem: 'YAML with the fields of a server' };
  return { kind: 'valid', value, comments: comments.filter((one) => typeof one === 'string').join('\n') };
}
