import { maxEndpointBytes } from './limits.ts';
import { isRelative } from './location.ts';
import type { Target } from './target.ts';
import { parseUrl } from '../core/url.ts';

export interface EndpointStep {
  /** Bytes for the client. */
  readonly out: Buffer;
  /** The path that the client was told to post to; from now on bytes pass as they are. */
  readonly path?: string;
  /** The endpoint is at another origin, or never comes: nothing more of this stream is for the client. */
  readonly forbidden?: boolean;
}

/** One line end; a CR alone is one only when no LF follows. Two in a row end an event. */
const eventEnd = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))/;

/**
 * Reads a legacy stream up to its `endpoint` event. Clients refuse an endpoint at another origin than the one
 * they dialled (and one would post straight to the server, past us), so an absolute one is rewritten to `local`.
 * Events before it pass byte for byte.
 */
export function createEndpointReader(target: Target, requested: string, local: string) {
  let held = '';
  let read = 0;
  return (chunk: Buffer): EndpointStep => {
    // latin1 keeps each byte one character: chunks may end inside a UTF-8 character.
    held += chunk.toString('latin1');
    read += chunk.length;
    let out = '';
    for (let end = eventEnd.exec(held); end !== null; end = eventEnd.exec(held)) {
      const length = end.index + end[0].length;
      const event = held.slice(0, length);
      const data = endpointOf(event);
      held = held.slice(length);
      if (data === null) {
        out += event;
        continue;
      }
      const found = resolve(data, target, requested, local);
      if (found === null) return { out: bytes(out), forbidden: true };
      const sent = found.reference === data ? event : withData(event, found.reference);
      return { out: bytes(out + sent + held), path: found.path };
    }
    return read > maxEndpointBytes ? { out: bytes(out), forbidden: true } : { out: bytes(out) };
  };
}

const bytes = (text: string) => Buffer.from(text, 'latin1');
const lineEnd = /\r\n|\n|\r/;
const byteOrderMark = '\xef\xbb\xbf';

function field(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

/** The data of an `endpoint` event, or null for any other. */
function endpointOf(event: string): string | null {
  const lines = event
    .replace(new RegExp(`^${byteOrderMark}`), '')
    .split(lineEnd)
    .map(field);
  const type = lines.findLast(([name]) => name === 'event')?.[1];
  const data = lines.filter(([name]) => name === 'data').map(([, value]) => value);
  if (type !== 'endpoint' || data.length === 0) return null;
  return Buffer.from(data.join('\n'), 'latin1').toString('utf8');
}

/** The event with other data; what else it says stays (`id`, `retry`, comments). */
function withData(event: string, data: string): string {
  const newline = lineEnd.exec(event)?.[0] ?? '\n';
  const other = event
    .replace(new RegExp(`^${byteOrderMark}`), '')
    .split(lineEnd)
    .filter((line) => line !== '' && field(line)[0] !== 'data');
  const utf8 = Buffer.from(data, 'utf8').toString('latin1');
  return [...other, `data: ${utf8}`, '', ''].join(newline);
}

function resolve(data: string, target: Target, requested: string, local: string) {
  const base = `${target.origin}${requested}`;
  const url = parseUrl(data, base);
  if (!url || url.origin !== target.origin || url.username !== '' || url.password !== '') return null;
  const { pathname: path, search } = url;
  return { path, reference: isRelative(data) ? data : `${local}${path}${search}` };
}
