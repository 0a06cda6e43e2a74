import {
  constructFromEvents,
  CORE_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  EVENT_ID,
  mapTag,
  mergeTag,
  parseEvents,
  seqTag,
  strTag,
  YAMLException,
  type Event,
} from 'js-yaml';
import { objectLimits } from '../core/limits.ts';

/** One document of a YAML text, with the events that its places are read from. */
interface YamlDocument {
  readonly value: unknown;
  readonly events: readonly Event[];
}

/** Why a text is no YAML: in a clause without a word of the text, which may hold a Secret. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  /** A map is the key of a map: what a chart's template looks like where it is YAML at all. */
  readonly mapAsKey: boolean;
  /** In characters, from 0. */
  readonly offset: number;
  constructor(reason: string, offset: number) {
    super(clauseOf(reason));
    this.offset = offset;
    this.mapAsKey = reason.includes('complex keys');
  }
}

/**
 * YAML 1.2 with merge keys, as kubectl has them. A tag of another program, such as `!Ref`, says nothing about what is
 * below it: the value is read as if it were not there.
 */
const schema = CORE_SCHEMA.withTags(
  mergeTag,
  ['!', 'tag:'].flatMap((prefix) => [
    defineScalarTag(prefix, { ...strTag, matchByTagPrefix: true, identify: () => false }),
    defineSequenceTag(prefix, { ...seqTag, matchByTagPrefix: true, identify: () => false }),
    defineMappingTag(prefix, { ...mapTag, matchByTagPrefix: true, identify: () => false }),
  ]),
);

/** The documents of a text; throws `YamlError`. Takes a fifth of the time of a parser that keeps comments and styles. */
export const parseYaml = (text: string): YamlDocument[] =>
  withoutText(() => {
    const { events, source, inOriginal } = parse(text);
    return split(events).map((document) => {
      refuseExpansion(document, source);
      const [value] = constructFromEvents(document, { source, schema });
      return { value, events: inOriginal(document) };
    });
  });

/** The events of each document, without the values; throws `YamlError`. */
export const readEvents = (text: string): Event[][] =>
  withoutText(() => {
    const { events, inOriginal } = parse(text);
    return split(events).map(inOriginal);
  });

interface ParsedEvents {
  readonly events: Event[];
  /** The text that the offsets of `events` are about. */
  readonly source: string;
  /** Events whose offsets are about the text as it was written. */
  readonly inOriginal: (events: Event[]) => Event[];
}

const parseSource = (source: string): Event[] => parseEvents(source, { maxDepth: objectLimits.depth.most });

function parse(text: string): ParsedEvents {
  try {
    return { events: parseSource(text), source: text, inOriginal: (events) => events };
  } catch (error) {
    if (!isIndentation(error)) throw error;
    return parseIndented(text, error);
  }
}

interface IndentationError extends YAMLException {
  readonly mark: NonNullable<YAMLException['mark']>;
}

const isIndentation = (error: unknown): error is IndentationError =>
  error instanceof YAMLException && error.reason === 'deficient indentation' && error.mark !== undefined;

/** In one text: a manifest of 20 KiB may have some hundred such lines, and a large file with a missing quote is refused soon. */
const mostCharactersAgain = 2 * 1024 * 1024;
const fewestSpaces = 8;

/**
 * YAML 1.2 requires that each line of a quoted text and of a `[…]` or `{…}` is indented more than its key. kubectl's parser
 * does not require it, and many manifests have the `]` of a list below its key. Such lines are indented, which changes no
 * value, and the text is parsed again. Throws the first error: it is at a missing quote, a later one at the end of the text.
 */
function parseIndented(text: string, first: IndentationError): ParsedEvents {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  const spaces: number[] = lines.map(() => 0);
  let fault = first;
  for (let characters = 0; characters <= mostCharactersAgain; characters += fault.mark.position) {
    let line = fault.mark.line;
    if (lines[line] === undefined) break;
    // A deeply nested key needs more than the first number.
    const more = Math.max(fewestSpaces, 2 * (spaces[line] ?? 0));
    // Without one of these characters a line ends neither a quoted text nor a list or a map, and the next line belongs to it too.
    do spaces[line] = more;
    while (!/["'\]}]/.test(lines[line] ?? '"') && ++line < lines.length);
    const source = lines.map((one, i) => ' '.repeat(spaces[i] ?? 0) + one).join('');
    try {
      return { events: parseSource(source), source, inOriginal: withoutSpaces(lines, spaces) };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      if (!isIndentation(error)) break;
      fault = error;
    }
  }
  throw first;
}

/** Moves offsets of a text whose lines have additional spaces at their start. */
function withoutSpaces(lines: readonly string[], spaces: readonly number[]): ParsedEvents['inOriginal'] {
  const starts: { readonly changed: number; readonly original: number; readonly added: number }[] = [];
  let [changed, original] = [0, 0];
  for (const [i, { length }] of lines.entries()) {
    const added = spaces[i] ?? 0;
    starts.push({ changed, original, added });
    changed += added + length;
    original += length;
  }
  const moved = (offset: number): number => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle]?.changed ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const line = starts[low];
    return offset < 0 || !line ? offset : line.original + Math.max(0, offset - line.changed - line.added);
  };
  return (events) =>
    events.map((event) => {
      const entries = Object.entries(event) as [string, unknown][];
      return Object.fromEntries(
        entries.map(([name, value]) => [
          name,
          offsets.has(name) && typeof value === 'number' ? moved(value) : value,
        ]),
      ) as unknown as Event;
    });
}

const offsets: ReadonlySet<string> = new Set([
  'start',
  'valueStart',
  'valueEnd',
  'anchorStart',
  'anchorEnd',
  'tagStart',
  'tagEnd',
]);

/** The parser's errors quote the text. */
function withoutText<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new YamlError(error.reason, error.mark?.position ?? 0);
  }
}

/** The events of each document; in nearly every text there is one. */
function split(events: Event[]): Event[][] {
  if (events.findLastIndex(({ type }) => type === EVENT_ID.DOCUMENT) === 0) return [events];
  const documents: Event[][] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT) documents.push([]);
    documents.at(-1)?.push(event);
  }
  return documents;
}

/** Each alias repeats what its anchor holds, so a few lines can stand for more values than any object has. */
const maxRepeatedValues = 2 * objectLimits.values.most;

function refuseExpansion(events: readonly Event[], text: string): void {
  if (!events.some(({ type }) => type === EVENT_ID.ALIAS)) return;
  const sizes = new Map<string, number>();
  const open: { readonly anchor: string | undefined; readonly before: number }[] = [];
  let values = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.ALIAS) {
      // An anchor that is still open has no size: the alias stands inside what it repeats.
      const size = sizes.get(text.slice(event.anchorStart, event.anchorEnd));
      values += size ?? 1;
      const inside = open.some(({ anchor }) => anchor === text.slice(event.anchorStart, event.anchorEnd));
      if (inside) throw new YamlError('an alias inside its own anchor', event.anchorStart);
      if (values > maxRepeatedValues) throw new YamlError('too many aliases', event.anchorStart);
      continue;
    }
    if (event.type === EVENT_ID.POP) {
      const closed = open.pop();
      if (closed?.anchor !== undefined) sizes.set(closed.anchor, values - closed.before);
      continue;
    }
    values += 1;
    const anchor =
      'anchorStart' in event && event.anchorStart >= 0
        ? text.slice(event.anchorStart, event.anchorEnd)
        : undefined;
    if (event.type !== EVENT_ID.SCALAR) open.push({ anchor, before: values - 1 });
    else if (anchor !== undefined) sizes.set(anchor, 1);
  }
}

/** The parser's reason in the words of this program, up to where it quotes the text. */
function clauseOf(reason: string): string {
  if (reason.startsWith('unidentified alias')) return 'an alias without an anchor';
  if (reason.startsWith('nesting exceeded')) return 'too many levels of nesting';
  if (reason.startsWith('merge keys exceeded')) return 'too many merge keys';
  if (reason.startsWith('duplicated mapping key')) return 'the same key twice';
  if (reason.includes('complex keys')) return 'a map or a list as a key';
  return reason.split(/"|!<|: |\(/, 1)[0]?.trim() ?? '';
}
