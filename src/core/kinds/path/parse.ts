/**
 * The path language of kind descriptions, deliberately small: no arithmetic, no functions, no regular expressions.
 *
 *   $.spec.url            from the object's root
 *   @.valueFrom.name      from the current item
 *   ^.name                from the item around it: of the list outside, or of the server
 *   @.tools[]             each item of a list
 *   @.headers{}           each entry of a map; its parts are @k and @v
 *   $.spec.a | $.spec.b   the first that is there
 *   $.a.name | $.a        the text at `a`, where an older release has no object
 *   @.key | 'token'       a default
 *
 * This is its only parser. `evaluate.ts` reads objects with the result, `describe.ts` writes it for people, and
 * `floor/places.ts` translates it to CEL.
 */

export type Step =
  | { readonly kind: 'field'; readonly name: string }
  /** `[]`: each item of a list. */
  | { readonly kind: 'each' }
  /** `{}`: each entry of a map. */
  | { readonly kind: 'entries' };

/** `$.a[].b`, `@.a[].b` or `^.a[].b`; `@v` is the item without a step. */
export interface Walk {
  readonly kind: 'walk';
  readonly from: 'root' | 'item' | 'parent';
  readonly steps: readonly Step[];
}

/** One alternative of a path. */
export type Term =
  | Walk
  /** `'text'`, without the quotes. */
  | { readonly kind: 'literal'; readonly text: string }
  /** `@k`: the key of the current entry. */
  | { readonly kind: 'key' }
  /** `operator`: the namespace of the kind's operator; only where a namespace is written. */
  | { readonly kind: 'operator' };

/** What is between the `|` of a path: the first alternative that is written counts, and otherwise the last. */
export interface PathExpression {
  readonly alternatives: readonly [Term, ...Term[]];
}

/** `PATH == 'literal'` or, without a comparison, "something is written there". */
export interface Condition {
  readonly path: PathExpression;
  readonly equals?: string;
}

/** Throws an error that quotes the path and what cannot be read of it. */
export function parsePath(source: string): PathExpression {
  const parser = new Parser('path', source);
  const path = parser.path();
  parser.end();
  return path;
}

/** The place of a namespace: a path, or the word `operator`. */
export const parseNamespace = (source: string): PathExpression =>
  source.trim() === 'operator' ? { alternatives: [{ kind: 'operator' }] } : parsePath(source);

/** Throws an error that quotes the condition and what cannot be read of it. */
export function parseCondition(source: string): Condition {
  const parser = new Parser('condition', source);
  const path = parser.path();
  const equals = parser.comparison();
  parser.end();
  return { path, ...(equals === undefined ? {} : { equals }) };
}

/** Whether the path is this text, wherever it is evaluated. */
export const isLiteral = ({ alternatives: [first] }: PathExpression, text: string): boolean =>
  first.kind === 'literal' && first.text === text;

const starts: Readonly<Record<string, Walk['from']>> = { $: 'root', '@': 'item', '^': 'parent' };

class Parser {
  readonly #what: string;
  readonly #source: string;
  #position = 0;

  constructor(what: string, source: string) {
    this.#what = what;
    this.#source = source;
  }

  path(): PathExpression {
    const first = this.#term();
    const more: Term[] = [];
    while (this.#take(/\|/y)) more.push(this.#term());
    return { alternatives: [first, ...more] };
  }

  comparison(): string | undefined {
    if (!this.#take(/==/y)) return undefined;
    return this.#literal() ?? this.#fail('compares with a quoted literal');
  }

  end(): void {
    if (this.#position < this.#source.length) this.#fail(`cannot read "${this.#rest()}"`);
  }

  #term(): Term {
    const text = this.#literal();
    if (text !== undefined) return { kind: 'literal', text };
    if (this.#take(/@k(?![\w-])/y)) return { kind: 'key' };
    if (this.#take(/@v(?![\w-])/y)) return { kind: 'walk', from: 'item', steps: [] };
    const from = starts[this.#next(/[$@^]/y)?.[0] ?? ''];
    if (from === undefined)
      return this.#fail(
        this.#rest().startsWith("'") ? 'lacks a closing quote' : 'starts with $, @, ^ or a quote',
      );
    const steps = this.#steps();
    this.#space();
    return { kind: 'walk', from, steps };
  }

  #steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const match = this.#next(/\.([A-Za-z_][\w-]*)|(\[\])|\{\}/y);
      if (!match) return steps;
      const [, name, list] = match;
      if (name !== undefined) steps.push({ kind: 'field', name });
      else steps.push({ kind: list === undefined ? 'entries' : 'each' });
    }
  }

  #literal(): string | undefined {
    return this.#take(/'([^']*)'/y)?.[1];
  }

  /** The next token, with the space on both sides of it. */
  #take(token: RegExp): RegExpExecArray | undefined {
    this.#space();
    const match = this.#next(token);
    this.#space();
    return match;
  }

  #next(token: RegExp): RegExpExecArray | undefined {
    token.lastIndex = this.#position;
    const match = token.exec(this.#source) ?? undefined;
    if (match) this.#position = token.lastIndex;
    return match;
  }

  #space(): void {
    this.#next(/\s+/y);
  }

  #rest(): string {
    return this.#source.slice(this.#position);
  }

  #fail(problem: string): never {
    throw new Error(`${this.#what} "${this.#source}": ${problem}`);
  }
}
