import { isDeepStrictEqual } from 'node:util';

/**
 * The part of CEL that our match conditions use, evaluated as the API server does: comparisons, `&&`, `||`, `!`, `in`,
 * optional fields (`.?a`, `[?'a']`, `orValue`, `hasValue`), `exists` and `startsWith`. It throws for anything else, and
 * for a field that does not exist.
 */
export function evaluateCel(expression: string, variables: Readonly<Record<string, unknown>>): unknown {
  return new Parser(expression).parse()(new Map(Object.entries(variables)));
}

type Scope = ReadonlyMap<string, unknown>;
type Evaluate = (scope: Scope) => unknown;

class Optional {
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[]) {
    this.values = values;
  }
}

const token = /\s*(\|\||&&|==|!=|\.\?|\[\?|[A-Za-z_]\w*|'[^']*'|[.()[\]{},!])/y;

class Parser {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    token.lastIndex = 0;
    const end = text.trimEnd().length;
    while (token.lastIndex < end) {
      const from = token.lastIndex;
      const [, found] = token.exec(text) ?? [];
      if (found === undefined) throw new Error(`not CEL that this evaluator knows: ${text.slice(from)}`);
      this.#tokens.push(found);
    }
  }

  parse(): Evaluate {
    const whole = this.#or();
    if (this.#at < this.#tokens.length) throw new Error(`unexpected ${this.#tokens[this.#at]}`);
    return whole;
  }

  #take(...wanted: readonly string[]): string | undefined {
    const next = this.#tokens[this.#at];
    if (next === undefined || !wanted.includes(next)) return undefined;
    this.#at += 1;
    return next;
  }

  #expect(wanted: string): void {
    if (this.#take(wanted) === undefined) throw new Error(`expected ${wanted} at ${this.#tokens[this.#at]}`);
  }

  #next(): string {
    const next = this.#tokens[this.#at];
    if (next === undefined) throw new Error('the expression ends too early');
    this.#at += 1;
    return next;
  }

  #or(): Evaluate {
    let left = this.#and();
    while (this.#take('||')) {
      const [one, other] = [left, this.#and()];
      left = (scope) => one(scope) === true || other(scope) === true;
    }
    return left;
  }

  #and(): Evaluate {
    let left = this.#relation();
    while (this.#take('&&')) {
      const [one, other] = [left, this.#relation()];
      left = (scope) => one(scope) === true && other(scope) === true;
    }
    return left;
  }

  #relation(): Evaluate {
    const left = this.#unary();
    const operator = this.#take('==', '!=', 'in');
    if (operator === undefined) return left;
    const right = this.#unary();
    if (operator === 'in') return (scope) => keysOf(right(scope)).includes(left(scope));
    const equal = operator === '==';
    return (scope) => isDeepStrictEqual(left(scope), right(scope)) === equal;
  }

  #unary(): Evaluate {
    if (this.#take('!') === undefined) return this.#postfix();
    const inner = this.#unary();
    return (scope) => inner(scope) !== true;
  }

  #postfix(): Evaluate {
    let value = this.#primary();
    for (;;) {
      const of = value;
      if (this.#take('.?')) {
        const name = this.#next();
        value = (scope) => optionalAt(of(scope), name);
      } else if (this.#take('[?')) {
        const key = this.#or();
        this.#expect(']');
        value = (scope) => optionalAt(of(scope), key(scope));
      } else if (this.#take('.')) value = this.#member(of, this.#next());
      else return value;
    }
  }

  #member(of: Evaluate, name: string): Evaluate {
    if (this.#take('(') === undefined)
      return (scope) => {
        const found = optionalAt(of(scope), name);
        if (found.values.length === 0) throw new Error(`no such key: ${name}`);
        return found.values[0];
      };
    if (name === 'exists') {
      const variable = this.#next();
      this.#expect(',');
      const condition = this.#or();
      this.#expect(')');
      return (scope) =>
        keysOf(of(scope)).some((one) => condition(new Map([...scope, [variable, one]])) === true);
    }
    const argument = this.#take(')') ? undefined : this.#or();
    if (argument) this.#expect(')');
    return (scope) => {
      const on = of(scope);
      if (name === 'hasValue' && on instanceof Optional) return on.values.length > 0;
      if (name === 'orValue' && on instanceof Optional)
        return on.values.length > 0 ? on.values[0] : argument?.(scope);
      if (name === 'startsWith' && typeof on === 'string') return on.startsWith(String(argument?.(scope)));
      throw new Error(`no function ${name} for this value`);
    };
  }

  #primary(): Evaluate {
    const next = this.#next();
    if (next === '(') {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (next === '{') {
      this.#expect('}');
      return () => ({});
    }
    if (next === '[') {
      const items: Evaluate[] = [];
      while (!this.#take(']')) {
        items.push(this.#or());
        this.#take(',');
      }
      return (scope) => items.map((item) => item(scope));
    }
    if (next.startsWith("'")) return () => next.slice(1, -1);
    return (scope) => {
      if (!scope.has(next)) throw new Error(`no variable ${next}`);
      return scope.get(next);
    };
  }
}

/** The elements of a list, the keys of a map. */
function keysOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null) return Object.keys(value);
  throw new Error('neither a list nor a map');
}

function optionalAt(value: unknown, key: unknown): Optional {
  if (value instanceof Optional) return value.values.length === 0 ? value : optionalAt(value.values[0], key);
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, String(key)))
    return new Optional([]);
  return new Optional([(value as Readonly<Record<string, unknown>>)[String(key)]]);
}
