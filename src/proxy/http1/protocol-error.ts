/** Bytes that are not HTTP as we understand it. Says nothing of what they were. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly kind: 'malformed' | 'too-large' | 'not-proxied';

  constructor(kind: ProtocolError['kind'] = 'malformed') {
    super(kind);
    this.kind = kind;
  }
}
