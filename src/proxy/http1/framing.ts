import { ProtocolError } from './fields.ts';

/** How the end of a body is told: a number is its length. */
export type Framing = 'none' | number | 'chunked' | 'until-close';

/** Digits only, once: no sign, no list, nothing that two readers could understand differently. */
export function contentLength(value: string, before: number | undefined): number {
  // 15 digits are below the largest integer that a number holds exactly.
  if (before !== undefined || !/^[0-9]{1,15}$/.test(value)) throw new ProtocolError();
  return Number(value);
}

/** What `Connection` says, over all its lines. */
export interface ConnectionOptions {
  readonly close: boolean;
  readonly upgrade: boolean;
  /** Names of headers that belong to this hop, in lower case with `-` for `_`. */
  readonly named: ReadonlySet<string> | null;
}

export const noOptions: ConnectionOptions = { close: false, upgrade: false, named: null };
const onlyClose: ConnectionOptions = { ...noOptions, close: true };

export function connectionOptions(value: string, before: ConnectionOptions): ConnectionOptions {
  const lower = value.toLowerCase();
  if (lower === 'keep-alive') return before;
  if (lower === 'close' && before === noOptions) return onlyClose;
  const tokens = lower.split(',').map((token) => token.trim().replaceAll('_', '-'));
  return {
    close: before.close || tokens.includes('close'),
    upgrade: before.upgrade || tokens.includes('upgrade'),
    named: new Set([...(before.named ?? []), ...tokens.filter((token) => token !== '')]),
  };
}
