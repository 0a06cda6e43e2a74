import { EVENT_ID, getScalarValue, SCALAR_STYLE, type Event, type ScalarEvent } from 'js-yaml';
import { parseYaml, YamlError } from './yaml.ts';

/** Line and column, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

type Keys = readonly (string | number)[];

interface Entry {
  readonly key: string;
  /** Where the key begins. */
  readonly start: number;
  readonly value: Node;
}
interface Node {
  /** In characters, from 0; -1 for nothing, as after `key:`. */
  readonly start: number;
  readonly entries?: readonly Entry[];
  readonly items?: readonly Node[];
  readonly scalar?: ScalarEvent;
}

/** Where the parts of one document are: an entry of a map where its key begins, an item of a list where it begins. */
export class Places {
  readonly #root: Node;
  readonly #text: string;
  readonly #lines: readonly number[];

  constructor(events: readonly Event[], text: string) {
    this.#text = text;
    this.#lines = lineStarts(text);
    this.#root = new TreeReader(events, text).read();
  }

  /** Of what the keys lead to, or of the nearest thing that is there. */
  of(keys: Keys): Position {
    let node = this.#root;
    let start = Math.max(node.start, 0);
    for (const [depth, key] of keys.entries()) {
      const inner = node.scalar && this.#inside(node.scalar, keys.slice(depth));
      if (inner) return inner;
      const entry = typeof key === 'string' ? node.entries?.find((one) => one.key === key) : undefined;
      const next = entry?.value ?? (typeof key === 'number' ? node.items?.[key] : undefined);
      if (!next) break;
      start = entry?.start ?? Math.max(next.start, start);
      node = next;
    }
    return positionAt(start, this.#lines);
  }

  /** A place in YAML that is itself the text of a `|` block: its lines are lines of the file. */
  #inside(scalar: ScalarEvent, keys: Keys): Position | undefined {
    if (scalar.style !== SCALAR_STYLE.LITERAL_BLOCK) return undefined;
    const text = getScalarValue(this.#text, scalar);
    const [document] = attempt(() => parseYaml(text)) ?? [];
    if (!document) return undefined;
    const { line, column } = new Places(document.events, text).of(keys);
    const first = positionAt(scalar.valueStart, this.#lines).line;
    return { line: first + line - 1, column: Math.max(scalar.indent, 0) + column };
  }
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof YamlError) return undefined;
    throw error;
  }
}

/** Reads the events of one document into a tree. The parser has bounded how deep it is. */
class TreeReader {
  #next = 1;
  readonly #events: readonly Event[];
  readonly #text: string;
  readonly #anchors = new Map<string, Node>();

  constructor(events: readonly Event[], text: string) {
    this.#events = events;
    this.#text = text;
  }

  read(): Node {
    const event = this.#events[this.#next];
    this.#next += 1;
    if (!event || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return { start: -1 };
    if (event.type === EVENT_ID.ALIAS) {
      const named = this.#anchors.get(this.#text.slice(event.anchorStart, event.anchorEnd));
      return { ...named, start: event.anchorStart - 1 };
    }
    const node = this.#nodeOf(event);
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  #nodeOf(event: Exclude<Event, { type: 1 | 5 | 6 }>): Node {
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return { start: startOf(event), scalar: event };
      case EVENT_ID.SEQUENCE: {
        const items: Node[] = [];
        while (!this.#closes()) items.push(this.read());
        return { start: event.start, items };
      }
      case EVENT_ID.MAPPING: {
        const entries: Entry[] = [];
        while (!this.#closes()) {
          const key = this.read();
          const name = key.scalar ? getScalarValue(this.#text, key.scalar) : '';
          entries.push({ key: name, start: key.start, value: this.read() });
        }
        return { start: event.start, entries };
      }
    }
  }

  #closes(): boolean {
    const event = this.#events[this.#next];
    if (event && event.type !== EVENT_ID.POP) return false;
    this.#next += 1;
    return true;
  }
}

/** Of a text in quotes, the opening one. */
const startOf = ({ style, valueStart }: ScalarEvent): number =>
  valueStart > 0 && (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED)
    ? valueStart - 1
    : valueStart;

/** The offset of each line of a text. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** By halves: a text may have a hundred thousand lines. */
export function positionAt(offset: number, starts: readonly number[]): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
