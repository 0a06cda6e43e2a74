/** Texts that look random and are the same in every run, so that no file holds anything like a token. */
export class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  /** mulberry32 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  of(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[Math.floor(this.next() * alphabet.length)]).join('');
  }
  readonly digits = (n: number) => this.of('0123456789', n);
  readonly hex = (n: number) => this.of('0123456789abcdef', n);
  readonly lower = (n: number) => this.of('abcdefghijklmnopqrstuvwxyz0123456789', n);
  readonly upper = (n: number) => this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', n);
  readonly letters = (n: number) => this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', n);
  readonly mixed = (n: number) =>
    this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', n);
  readonly url = (n: number) =>
    this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', n);
  readonly base32 = (n: number) => this.of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', n);
  readonly uuid = () => [8, 4, 4, 4, 12].map((n) => this.hex(n)).join('-');
  readonly json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  readonly jwt = () =>
    [
      this.json({ alg: 'RS256', typ: 'JWT' }),
      this.json({ sub: this.hex(8), exp: 1893456000 }),
      this.url(86),
    ].join('.');
}
