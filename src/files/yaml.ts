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
  withoutText(() =>
    split(parse(text)).map((events) => {
      refuseExpansion(events, text);
      const [value] = constructFromEvents(events, { source: text, schema });
      return { value, events };
    }),
  );

/** The events of each document, without the values; throws `YamlError`. */
export const readEvents = (text: string): Event[][] => withoutText(() => split(parse(text)));

const parse = (text: string): Event[] => parseEvents(text, { maxDepth: objectLimits.depth.most });

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
