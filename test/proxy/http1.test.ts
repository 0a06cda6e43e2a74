import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyReader } from '../../src/proxy/http1/body-reader.ts';
import type { Framing } from '../../src/proxy/http1/framing.ts';
import { headEnd } from '../../src/proxy/http1/head-end.ts';
import { ProtocolError } from '../../src/proxy/http1/protocol-error.ts';
import { readRequestHead } from '../../src/proxy/http1/request-head.ts';
import { readResponseHead } from '../../src/proxy/http1/response-head.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const whole = <T>(text: string, read: (head: Buffer, from: number, to: number) => T): T => {
  const head = bytes(text);
  return read(head, 0, headEnd(head, 0, 65_536));
};
const request = (...lines: string[]) => whole(`${lines.join('\r\n')}\r\n\r\n`, readRequestHead);
const response = (method: string, ...lines: string[]) =>
  whole(`${lines.join('\r\n')}\r\n\r\n`, (head, from, to) => readResponseHead(head, from, to, method));

/** The kind of the refusal, or what was read. */
function outcome<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return error.kind;
    throw error;
  }
}

describe('the head of a request', () => {
  test('is read as it stands', () =>
    expect(
      request(
        'M-SEARCH /a?b="{}" HTTP/1.0',
        'hOsT:\tx \t',
        'X-A:',
        'X-B: \xe9 : b',
        'Connection: close, X_a',
      ),
    ).toMatchObject({
      method: 'M-SEARCH',
      target: '/a?b="{}"',
      minor: 0,
      host: 'x',
      framing: 'none',
      connection: { close: true, upgrade: false, named: new Set(['close', 'x-a']) },
      fields: [
        { name: 'hOsT', lower: 'host', value: 'x' },
        { name: 'X-A', value: '' },
        { name: 'X-B', value: '\xe9 : b' },
        { name: 'Connection' },
      ],
    }));

  test.each<[string, string[], Framing]>([
    ['a length', ['Content-Length: 0012'], 12],
    ['chunks', ['Transfer-Encoding: Chunked'], 'chunked'],
    ['neither', [], 'none'],
    ['a header that only looks like a length', ['Content_Length: 12'], 'none'],
  ])('frames its body by %s', (_, lines, framing) =>
    expect(request('POST / HTTP/1.1', 'Host: x', ...lines).framing).toBe(framing),
  );

  // What was read before is remembered; it must not stand for what only looks alike.
  test('means the same however often its lines were seen', () => {
    const line = fc.constantFrom('X-A: 1', 'X-A: 2', 'X-B: 1', 'x-a: 1', 'X-A:1', 'X-A: 1 ');
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const { fields } = request('GET / HTTP/1.1', 'Host: x', ...lines);
        const expected = lines.map((text) => [text.slice(0, 3), text.slice(4).trim()]);
        expect(fields.slice(1).map(({ name, value }) => [name, value])).toEqual(expected);
      }),
    );
  });

  test('of any bytes is read or refused, and never anything else', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'GET',
        ' ',
        '/',
        'HTTP/1.1',
        '\r\n',
        '\r',
        '\n',
        ':',
        'Host: x',
        'Content-Length: 5',
        '\0',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = `${pieces.join('')}\r\n\r\n`;
        const head = outcome(() => whole(text, readRequestHead));
        if (typeof head === 'string') return;
        expect(text.startsWith(`${head.method} ${head.target} HTTP/1.${head.minor}\r\n`)).toBe(true);
        for (const { name, value } of head.fields) expect(`${name}${value}`).not.toMatch(/[\0\r\n]/);
      }),
    );
  });
});

describe('the head of an answer', () => {
  test.each([
    ['204 with a length', ['HTTP/1.1 204 No', 'Content-Length: 5']],
    ['204 in chunks', ['HTTP/1.1 204 No', 'Transfer-Encoding: chunked']],
    ['an interim answer with a length', ['HTTP/1.1 103 Early', 'Content-Length: 5']],
    [
      'a length that Connection names',
      ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Connection: content_length'],
    ],
  ])('is refused: %s', (_, lines) => expect(outcome(() => response('GET', ...lines))).toBe('malformed'));

  test.each<[string, string, string[], Framing, boolean]>([
    ['a length', 'GET', ['HTTP/1.1 200 OK', 'Content-Length: 5'], 5, true],
    ['chunks', 'GET', ['HTTP/1.1 200', 'Transfer-Encoding: chunked'], 'chunked', true],
    ['the end of the connection', 'GET', ['HTTP/1.1 200 \xe9'], 'until-close', false],
    ['nothing, to HEAD', 'HEAD', ['HTTP/1.1 200 OK', 'Content-Length: 5'], 'none', true],
    ['nothing, with 204', 'GET', ['HTTP/1.1 204 No', 'Content-Length: 0'], 'none', true],
    ['nothing, with 304', 'GET', ['HTTP/1.1 304 No'], 'none', true],
    [
      'a length, for the last time',
      'GET',
      ['HTTP/1.1 200 OK', 'Content-Length: 5', 'Connection: close'],
      5,
      false,
    ],
    ['a length, from an old server', 'GET', ['HTTP/1.0 200 OK', 'Content-Length: 5'], 5, false],
  ])('frames its body by %s', (_, method, lines, framing, persistent) =>
    expect(response(method, ...lines)).toMatchObject({ framing, persistent }),
  );

  test.each([
    ['timeout=7, max=5', 7],
    ['max=5, timeout=7', 7],
    ['max=5', Infinity],
  ])('with Keep-Alive: %s says how long the connection may wait', (value, seconds) =>
    expect(response('GET', 'HTTP/1.1 204 No', `Keep-Alive: ${value}`).idleSeconds).toBe(seconds),
  );
});

describe('a body', () => {
  /** Reads in pieces of the given sizes; what follows the body is `rest`. */
  function read(framing: Framing, text: string, cuts: readonly number[]) {
    const body = bodyReader(framing);
    const all = bytes(text);
    let payload = '';
    let rest = '';
    const sink = {
      payload: (piece: Buffer, from: number, to: number) => {
        payload += piece.toString('latin1', from, to);
      },
    };
    let at = 0;
    for (const cut of [...cuts, all.length]) {
      const piece = all.subarray(at, at + cut);
      at += piece.length;
      const stopped = body.read(piece, 0, sink);
      rest += piece.toString('latin1', stopped);
    }
    return { payload, rest, done: body.done };
  }
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 });

  test('in chunks is the same however it is cut', () => {
    const chunk = fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' });
    const extension = fc.constantFrom('', ';a=b', ';a;b="x;y"');
    const trailers = fc.constantFrom('', 'X-Sum: 1\r\n', 'A: \r\nB: c\r\n');
    fc.assert(
      fc.property(fc.array(chunk), extension, trailers, cuts, (chunks, end, trailer, at) => {
        const lines = chunks.map((text) => `${text.length.toString(16)}${end}\r\n${text}\r\n`).join('');
        const got = read('chunked', `${lines}0\r\n${trailer}\r\nGET`, at);
        expect(got).toEqual({ payload: chunks.join(''), rest: 'GET', done: true });
      }),
    );
  });

  test('of a length ends there, however it is cut', () =>
    fc.assert(
      fc.property(cuts, (at) => {
        expect(read(10, '0123456789GET', at)).toEqual({ payload: '0123456789', rest: 'GET', done: true });
      }),
    ));

  test('until the end of the connection has none of its own', () =>
    expect(read('until-close', '0123456789', [3])).toEqual({ payload: '0123456789', rest: '', done: false }));

  test.each([
    ['no size', '\r\n'],
    ['a sign', '+5\r\n'],
    ['a prefix', '0x5\r\n'],
    ['a blank before the size', ' 5\r\n'],
    ['a blank after the size', '5 \r\n'],
    ['nine digits', '000000005\r\n'],
    ['a line end of LF', '5\nhello\r\n'],
    ['an extension without a name', '5;\r\nhello\r\n'],
    ['a control character in an extension', '5;\x01\r\n'],
    ['a CR in an extension', '5;a\rb\r\n'],
    ['an extension without end', `5;${'a'.repeat(300)}`],
    ['more data than its size', '5\r\nhello!\r\n'],
    ['less data than its size', '5\r\nhell\r\n0\r\n\r\n'],
    ['data that ends in LF', '5\r\nhello\n0\r\n\r\n'],
    ['a trailer that is no header', '0\r\nX Y: 1\r\n\r\n'],
    ['a folded trailer', '0\r\nX: 1\r\n 2\r\n\r\n'],
    ['a trailer that ends in LF', '0\r\nX: 1\n\r\n'],
    ['a CR within a trailer', '0\r\nX: 1\r2\r\n\r\n'],
    ['a length as a trailer', '0\r\nContent-Length: 5\r\n\r\n'],
    ['trailers without end', `0\r\n${'X: 1\r\n'.repeat(2000)}`],
  ])('is refused for %s', (_, text) => {
    expect(outcome(() => read('chunked', text, []))).toBe('malformed');
    expect(
      outcome(() =>
        read(
          'chunked',
          text,
          Array.from(text, () => 1),
        ),
      ),
    ).toBe('malformed');
  });
});
