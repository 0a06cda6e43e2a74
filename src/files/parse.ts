import type { Path } from '../core/path.ts';
import { eventsFrom, keepEvents } from './kept-events.ts';
import { objectsIn } from './objects.ts';
import { lineStarts, Places, positionAt, type Position } from './places.ts';
import {
  identityOf,
  type DocumentIdentity,
  type KubernetesObject,
  type SourceDocument,
  type UnreadFile,
} from './source.ts';
import { asJson } from './stored-value.ts';
import { parseYaml, readEvents, YamlError } from './yaml.ts';

export interface Parsed {
  readonly documents: readonly SourceDocument[];
  /** Documents that are no Kubernetes objects. */
  readonly others: number;
  readonly unread: readonly UnreadFile[];
  /** Whether something that is no YAML, or has a map for a key, looks like a template. */
  readonly template: boolean;
}

/** The Kubernetes objects of one text, `List`s opened. A document that cannot be read hides no other. */
export function parseDocuments(text: string, file: string, latest = new LatestPlaces()): Parsed {
  const documents: SourceDocument[] = [];
  const unread: UnreadFile[] = [];
  let [others, template] = [0, false];
  for (const part of partsOf(text)) {
    try {
      for (const [index, { value, events }] of parseYaml(part.text).entries()) {
        if (value === null || value === undefined) continue;
        const found = objectsIn(value);
        if (found.length === 0) {
          others += 1;
          continue;
        }
        const text = { ...part, file, index, events: keepEvents(events), latest };
        for (const { object, prefix } of found) documents.push(new ParsedDocument(text, object, prefix));
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

/** The text of one YAML document: of one object, or of the items of a `List`. */
interface DocumentText extends TextPart {
  readonly file: string;
  /** Which document of the text it is: only after directives are there several. */
  readonly index: number;
  /** By `keepEvents`. */
  readonly events: string | undefined;
  readonly latest: LatestPlaces;
}

/**
 * The places of the document that was asked about last. Findings come document by document, so each is read for its places
 * once, and the places of one are in memory, however many documents there are.
 */
export class LatestPlaces {
  #document: DocumentText | undefined;
  #places: Places | undefined;

  of(document: DocumentText): Places {
    if (this.#document === document && this.#places) return this.#places;
    const { text, index, events: kept } = document;
    const events = kept === undefined ? readEvents(text)[index] : eventsFrom(kept);
    if (!events) throw new Error('a document that was there before is not there');
    this.#document = document;
    this.#places = new Places(events, text);
    return this.#places;
  }
}

/**
 * One object. What stays in memory is its text, as YAML for its places and as JSON for its value: 20,000 objects take many
 * times the memory of their text. A value that cannot be kept as JSON is read from the YAML again, but an item of a list is
 * kept as it is: reading the whole list for each of them would be quadratic.
 */
class ParsedDocument implements SourceDocument {
  readonly identity: DocumentIdentity;
  readonly #text: DocumentText;
  /** Where the object is in its document. */
  readonly #prefix: readonly (string | number)[];
  readonly #kept: string | KubernetesObject | undefined;
  #latest: WeakRef<KubernetesObject> | undefined;

  constructor(text: DocumentText, object: KubernetesObject, prefix: readonly (string | number)[]) {
    this.identity = identityOf(object);
    this.#text = text;
    this.#prefix = prefix;
    this.#kept = asJson(object) ?? (prefix.length > 0 ? object : undefined);
  }

  get file(): string {
    return this.#text.file;
  }

  get object(): KubernetesObject {
    const before = this.#latest?.deref();
    if (before) return before;
    const object = this.#read();
    this.#latest = new WeakRef(object);
    return object;
  }

  #read(): KubernetesObject {
    if (typeof this.#kept === 'string') return JSON.parse(this.#kept) as KubernetesObject;
    const { text, index } = this.#text;
    return this.#kept ?? (parseYaml(text)[index]?.value as KubernetesObject);
  }

  position(at: Path): Position {
    const { line, column } = this.#text.latest.of(this.#text).of([...this.#prefix, ...at.keys()]);
    return { line: this.#text.line + line, column };
  }
}
