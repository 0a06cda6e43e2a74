import { shownName } from './printable.ts';

type Segment =
  | { readonly kind: 'field' | 'entry'; readonly key: string }
  | { readonly kind: 'item'; readonly index: number };

/**
 * Where a value stands in the object its author wrote. Paths are built by walking, never typed by hand, so a
 * finding can always be traced back to a line of YAML.
 *
 * A `field` is a name the schema knows (`spec.headers`), an `entry` a key the author chose
 * (`addPlaintextHeaders[Authorization]`), an `item` a place in a list (`tools[0]`).
 *
 * Each step points at the one before it: every value of every review gets a path, and hardly any is ever printed.
 */
export class Path {
  static readonly root = new Path(undefined, undefined);
  readonly #before: Path | undefined;
  readonly #last: Segment | undefined;
  private constructor(before: Path | undefined, last: Segment | undefined) {
    this.#before = before;
    this.#last = last;
  }

  static fields(...names: string[]): Path {
    return names.reduce((path, name) => path.field(name), Path.root);
  }
  field(key: string): Path {
    return new Path(this, { kind: 'field', key });
  }
  entry(key: string): Path {
    return new Path(this, { kind: 'entry', key });
  }
  item(index: number): Path {
    return new Path(this, { kind: 'item', index });
  }
  /** The same place in an object that holds this one at `prefix`. */
  below(prefix: Path): Path {
    return this.#segments().reduce((path, segment) => new Path(path, segment), prefix);
  }
  /** Keys and indexes from the root, as a YAML or JSON reader walks them. */
  keys(): (string | number)[] {
    return this.#segments().map((segment) => (segment.kind === 'item' ? segment.index : segment.key));
  }
  /** `spec.headerForward.addPlaintextHeaders[Authorization]`; the root is `(root)`. */
  toString(): string {
    let text = '';
    for (const segment of this.#segments()) {
      if (segment.kind === 'item') text += `[${segment.index}]`;
      else if (segment.kind === 'entry') text += `[${shownName(segment.key)}]`;
      else text += text === '' ? segment.key : `.${segment.key}`;
    }
    return text === '' ? '(root)' : text;
  }
  /** The order in which an object is read: by key, list items by number. */
  static compare(a: Path, b: Path): number {
    const [left, right] = [a.keys(), b.keys()];
    for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
      const [x, y] = [left[i] ?? 0, right[i] ?? 0];
      if (x === y) continue;
      return typeof x === 'number' && typeof y === 'number' ? x - y : String(x) < String(y) ? -1 : 1;
    }
    return left.length - right.length;
  }
  #segments(): Segment[] {
    if (!this.#before || !this.#last) return [];
    const segments = this.#before.#segments();
    segments.push(this.#last);
    return segments;
  }
}
