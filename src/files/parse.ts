import type { Path } from '../core/path.ts';
import { objectsIn } from './objects.ts';
import { lineStarts, Places, positionAt, type Position } from './places.ts';
import { identityOf, type KubernetesObject, type SourceDocument, type UnreadFile } from './source.ts';
import { parseYaml, YamlError, type YamlDocument } from './yaml.ts';

export interface Parsed {
  readonly documents: readonly SourceDocument[];
  /** Documents that are no Kubernetes objects. */
  readonly others: number;
  readonly unread: readonly UnreadFile[];
  /** Whether something that is no YAML, or has a map for a key, looks like a template. */
  readonly template: boolean;
}

/** The Kubernetes objects of one text, `List`s opened. A document that cannot be read hides no other. */
export function parseDocuments(text: string, file: string): Parsed {
  const documents: SourceDocument[] = [];
  const unread: UnreadFile[] = [];
  let [others, template] = [0, false];
  for (const part of partsOf(text)) {
    try {
      const source = new Part(part, file);
      for (const [index, { value }] of source.parsed().entries()) {
        if (value === null || value === undefined) continue;
        const found = objectsIn(value);
        if (found.length === 0) others += 1;
        for (const { object, prefix } of found) documents.push(source.document(index, object, prefix));
      }
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      template ||= part.text.includes('{{');
      const { line, column } = positionAt(error.offset, lineStarts(part.text));
      const position = { line: part.line + line, column };
      unread.push({
        file,
        position,
        problem: `invalid YAML: ${error.message}`,
        fix: 'correct the YAML at this place',
      });
    }
  }
  return { documents, others, unread, template };
}

interface TextPart {
  readonly text: string;
  /** How many lines stand before it. */
  readonly line: number;
}

/**
 * The text cut before each `---`, which YAML allows nowhere but between documents. So a fault in one document leaves the others
 * as they are, and one document of a large file can be parsed again.
 */
function* partsOf(text: string): Generator<TextPart> {
  // What follows a directive such as %TAG depends on it.
  const cuts = /^%/m.test(text) ? [] : [...text.matchAll(/^---(?=\s|$)/gm)].map(({ index }) => index);
  let [start, line] = [0, 0];
  for (const end of [...cuts, text.length]) {
    const part = text.slice(start, end);
    if (part !== '') yield { text: part, line };
    line += lineStarts(part).length - 1;
    start = end;
  }
}

/**
 * A text that is parsed when something of it is needed, and again when it is needed after the memory was: 20,000 objects take
 * many times the memory of their text.
 */
class Part {
  readonly #part: TextPart;
  readonly #file: string;
  #parsed: WeakRef<YamlDocument[]> | undefined;
  #places: WeakRef<Places>[] = [];

  constructor(part: TextPart, file: string) {
    this.#part = part;
    this.#file = file;
  }

  /** Throws `YamlError`, the first time. */
  parsed(): YamlDocument[] {
    const before = this.#parsed?.deref();
    if (before) return before;
    const parsed = parseYaml(this.#part.text);
    this.#parsed = new WeakRef(parsed);
    return parsed;
  }

  document(index: number, object: KubernetesObject, prefix: readonly (string | number)[]): SourceDocument {
    const position = (at: Path) => this.#position(index, [...prefix, ...at.keys()]);
    const file = this.#file;
    const identity = identityOf(object);
    // An item of a list keeps its object: parsing the whole list for each of them would be quadratic.
    if (prefix.length > 0) return { file, identity, object, position };
    const read = () => this.parsed()[index]?.value as KubernetesObject;
    return {
      file,
      identity,
      get object() {
        return read();
      },
      position,
    };
  }

  #position(index: number, keys: readonly (string | number)[]): Position {
    const { line, column } = this.#placesOf(index).of(keys);
    return { line: this.#part.line + line, column };
  }

  #placesOf(index: number): Places {
    const before = this.#places[index]?.deref();
    if (before) return before;
    const document = this.parsed()[index];
    if (!document) throw new Error('a document that was there before is not there');
    const places = new Places(document, this.#part.text);
    this.#places[index] = new WeakRef(places);
    return places;
  }
}
