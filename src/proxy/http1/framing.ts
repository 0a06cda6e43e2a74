import { ProtocolError } from './protocol-error.ts';

/** How the end of a body is told: a number is its length. */
export type Framing = 'none' | number | 'chunked' | 'until-close';

/** Hears each piece of a body as it stands in the bytes that came. */
export interface BodySink {
  readonly payload: (bytes: Buffer, from: number, to: number) => void;
}

export interface BodyReader {
  readonly done: boolean;
  /** Reads from `at` on and returns where it stopped: at the end, or at the first byte that is not of this body. */
  readonly read: (bytes: Buffer, at: number, sink: BodySink) => number;
}

/** Digits only: no sign, no list, nothing that two readers could understand differently. */
export function contentLength(value: string): number {
  // 15 digits are below the largest integer that a number holds exactly.
  if (!/^[0-9]{1,15}$/.test(value)) throw new ProtocolError();
  return Number(value);
}

/** Headers that say where a message goes and where it ends. */
export const isFraming = (lower: string): boolean =>
  lower === 'content-length' || lower === 'transfer-encoding' || lower === 'host';

/** What `Connection` says, over all its lines. */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly upgrade: boolean;
  /** Names of headers that belong to this hop, in lower case with `-` for `_`. */
  readonly named: Set<string> | null;
}

export const noOptions: ConnectionOptions = { close: false, upgrade: false, named: null };
const onlyClose: ConnectionOptions = { ...noOptions, close: true };

export function connectionOptions(value: string, before: ConnectionOptions): ConnectionOptions {
  const lower = value.toLowerCase();
  if (lower === 'keep-alive') return before;
  if (lower === 'close' && before === noOptions) return onlyClose;
  const tokens = lower.split(',').map((token) => token.trim().replaceAll('_', '-'));
  // Who obeyed would send a message without its frame.
  if (tokens.some((token) => isFraming(token))) throw new ProtocolError();
  const named = before.named ?? new Set();
  for (const token of tokens) named.add(token);
  return {
    close: before.close || named.has('close'),
    upgrade: before.upgrade || named.has('upgrade'),
    named,
  };
}
