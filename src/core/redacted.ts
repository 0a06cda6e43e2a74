import { createHash } from 'node:crypto';

const redacted = '[redacted]';
const inspect = Symbol.for('nodejs.util.inspect.custom');

/**
 * A value that may be a credential. It prints as `[redacted]` wherever it ends up by accident: in a template
 * string, in JSON, in a debugger's view. The few places that must look inside call `reveal`, and a test lists them.
 */
export class Redacted {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  /** Whether it is what somebody else wrote as well. */
  is(text: unknown): boolean {
    return this.#value === text;
  }
  /** Tells whether two values are the same without showing either. Never printed: a short value could be guessed from it. */
  digest(): string {
    return createHash('sha256').update(this.#value).digest('hex');
  }
  toString(): string {
    return redacted;
  }
  toJSON(): string {
    return redacted;
  }
  [inspect](): string {
    return redacted;
  }
}
