/**
 * Texts that make an expression work as hard as it can: for each of its repetitions, a text that reaches the repetition,
 * a long run of what it repeats, and a character after which nothing matches.
 */

/** The text is `before`, then `run` until `length` characters are there, then `after`. */
export interface Adversary {
  readonly before: string;
  readonly run: string;
  readonly after: string;
}

/** A part of an expression: a text that it matches, and what it repeats. */
interface Part {
  readonly example: string;
  readonly options: readonly string[];
  readonly repeated: readonly { readonly before: string; readonly run: string }[];
}

/** A repetition with a lower maximum costs at most this many steps for each character. */
const leastRepetition = 8;

/** Characters that expressions distinguish. The first that a class holds is its example. */
const sorts = 'a0 -A_./:=\t\n"\'${<@,;+%*|\\!#&()[]~}>?^`\r\u00e9\u0000';
/** How many characters of one class are repeated. */
const sortsOfOneClass = 4;

class Reader {
  readonly #pattern: string;
  readonly #flags: string;
  #at = 0;
  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#flags = flags.replaceAll(/[gy]/g, '');
  }

  /** Alternatives, up to the end or the bracket that closes them. */
  read(): Part {
    const options = [this.#sequence()];
    while (this.#pattern[this.#at] === '|') {
      this.#at += 1;
      options.push(this.#sequence());
    }
    return {
      example: options[0]!.example,
      options: options.map(({ example }) => example),
      repeated: options.flatMap(({ repeated }) => repeated),
    };
  }

  #sequence(): Part {
    let example = '';
    const repeated: Part['repeated'][number][] = [];
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at]!)) {
      const part = this.#repetition(this.#atom());
      repeated.push(...part.repeated.map(({ before, run }) => ({ before: example + before, run })));
      example += part.example;
    }
    return { example, options: [example], repeated };
  }

  #repetition(atom: Part): Part {
    const [all, sign = '', least = '', most] =
      /^(?:([*+?])|\{(\d+)(?:,(\d*))?\})\??/.exec(this.#pattern.slice(this.#at, this.#at + 24)) ?? [];
    if (all === undefined) return atom;
    this.#at += all.length;
    const min = sign === '' ? Number(least) : sign === '+' ? 1 : 0;
    const max =
      sign === '' ? Number(most === undefined ? least : most || Infinity) : sign === '?' ? 1 : Infinity;
    const runs = max < leastRepetition ? [] : atom.options.filter((run) => run !== '');
    return {
      example: atom.example.repeat(min),
      options: [atom.example.repeat(min)],
      repeated: [...runs.map((run) => ({ before: '', run })), ...atom.repeated],
    };
  }

  #atom(): Part {
    const from = this.#at;
    const char = this.#pattern[from]!;
    this.#at += 1;
    if (char === '(') return this.#group();
    if (char === '^' || char === '$') return nothing;
    if (char === '[') return this.#class(from, this.#endOfClass());
    if (char === '.') return this.#class(from, this.#at);
    if (char !== '\\') return { example: char, options: [char], repeated: [] };
    const [escape = ''] = /^(?:x..|u....|[pP]\{[^}]*\}|k<[^>]*>|.)/.exec(this.#pattern.slice(this.#at)) ?? [];
    this.#at += escape.length;
    // Edges of words, and what a group holds.
    return /^(?:[bB1-9]|k<)/.test(escape) ? nothing : this.#class(from, this.#at);
  }

  #group(): Part {
    const [kind = ''] = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.#pattern.slice(this.#at)) ?? [];
    this.#at += kind.length;
    const inside = this.read();
    this.#at += 1;
    return /^\?<?[=!]/.test(kind) ? { ...nothing, repeated: inside.repeated } : inside;
  }

  #endOfClass(): number {
    while (this.#pattern[this.#at] !== ']') this.#at += this.#pattern[this.#at] === '\\' ? 2 : 1;
    this.#at += 1;
    return this.#at;
  }

  #class(from: number, to: number): Part {
    const one = new RegExp(`^(?:${this.#pattern.slice(from, to)})$`, this.#flags);
    const characters = [
      ...sorts.split(''),
      ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
    ];
    const found = [...new Set(characters.filter((char) => one.test(char)))];
    return { example: found[0] ?? '', options: found.slice(0, sortsOfOneClass), repeated: [] };
  }
}

const nothing: Part = { example: '', options: [], repeated: [] };

/** Returns at most `most` texts, from all parts of the expression. */
export function adversariesOf(
  { source, flags }: Pick<RegExp, 'source' | 'flags'>,
  most: number,
): Adversary[] {
  const { example, options, repeated } = new Reader(source, flags).read();
  const half = (text: string) => text.slice(0, Math.ceil(text.length / 2));
  const runs = repeated.flatMap(({ before, run }) => [
    { before, run, after: '\u0001' },
    // The run does not begin the text, where another alternative (`^-+|-+$`) might match all of it.
    { before: '\u0001', run, after: '\u0001' },
  ]);
  const again = repeated.flatMap(({ before, run }) => [
    { before: '', run: before + run, after: '\u0001' },
    { before: '', run, after: '\u0001' },
    { before, run, after: '\n' },
    { before, run: `${run}${before.at(-1) ?? 'a'}`, after: '\u0001' },
  ]);
  const whole = [example, half(example), ...options.slice(1, 3)]
    .filter((run) => run !== '')
    .map((run) => ({ before: '', run, after: '\u0001' }));
  const all = [
    ...runs,
    ...whole,
    ...again,
    ...['a', ' ', '0'].map((run) => ({ before: '', run, after: '\u0001' })),
  ];
  const distinct = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  if (distinct.length <= most) return distinct;
  // Evenly spaced, because they are in the order of the expression's parts.
  return Array.from({ length: most }, (_, i) => distinct[Math.floor((i * distinct.length) / most)]!);
}
