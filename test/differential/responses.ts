import type { Case } from './requests.ts';

/** Answers that two readers may understand differently. The server closes after each, unless `open`. */
export interface ResponseCase extends Case {
  /** The server leaves its connection open. */
  readonly open: boolean;
}

type Row = readonly [
  name: string,
  bytes: string,
  options?: { readonly open?: boolean; readonly allowed?: string },
];

const lines = (...all: readonly string[]) => all.map((line) => `${line}\r\n`).join('');
const ok = (headers: readonly string[], body = '') => `${lines('HTTP/1.1 200 OK', ...headers)}\r\n${body}`;
const startLine = (line: string) => `${lines(line, 'Content-Length: 2')}\r\nok`;
const chunked = (body: string) => ok(['Transfer-Encoding: chunked'], body);
/** What a split answer would give to the next request. */
const poison = ok(['Content-Length: 6'], 'poison');
const open = { open: true };

const groups: Readonly<Record<string, readonly Row[]>> = {
  'the status line': [
    ['no reason', startLine('HTTP/1.1 200 ')],
    ['no blank after the status', startLine('HTTP/1.1 200')],
    ['two digits', startLine('HTTP/1.1 20 OK')],
    ['four digits', startLine('HTTP/1.1 2000 OK')],
    ['letters', startLine('HTTP/1.1 abc OK')],
    ['000', startLine('HTTP/1.1 000 OK')],
    ['600', startLine('HTTP/1.1 600 OK')],
    ['a sign', startLine('HTTP/1.1 +20 OK')],
    ['two blanks', startLine('HTTP/1.1  200 OK')],
    ['a tab', startLine('HTTP/1.1\t200 OK')],
    ['no version', startLine('200 OK')],
    ['HTTP/1.0', startLine('HTTP/1.0 200 OK')],
    ['HTTP/1.2', startLine('HTTP/1.2 200 OK')],
    ['HTTP/2.0', startLine('HTTP/2.0 200 OK')],
    ['HTTP/0.9', 'hello'],
    ['ICY', startLine('ICY 200 OK')],
    ['an empty line before it', `\r\n${ok(['Content-Length: 2'], 'ok')}`],
    ['a bare CR in the reason', startLine('HTTP/1.1 200 O\rK')],
    ['a bare LF in the reason', startLine('HTTP/1.1 200 O\nX-A: 1')],
    ['a NUL in the reason', startLine('HTTP/1.1 200 O\0K')],
    ['an end in LF', 'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok'],
    ['nothing', ''],
  ],
  'header lines': [
    ['a folded line', ok(['X-A: 1', ' 2', 'Content-Length: 2'], 'ok')],
    ['a blank before the colon', ok(['X-A : 1', 'Content-Length: 2'], 'ok')],
    ['a blank before the name', ok([' X-A: 1', 'Content-Length: 2'], 'ok')],
    ['no colon', ok(['X-A', 'Content-Length: 2'], 'ok')],
    ['no name', ok([': 1', 'Content-Length: 2'], 'ok')],
    ['a NUL in a value', ok(['X-A: \0', 'Content-Length: 2'], 'ok')],
    ['a bare CR in a value', ok(['X-A: 1\rX-B: 2', 'Content-Length: 2'], 'ok')],
    ['a bare LF in a value', ok(['X-A: 1\nX-B: 2', 'Content-Length: 2'], 'ok')],
    ['a DEL in a value', ok(['X-A: \x7f', 'Content-Length: 2'], 'ok')],
    ['bytes outside ASCII', ok(['X-A: \xe9', 'Content-Length: 2'], 'ok')],
    ['a bracket in a name', ok(['X(A: 1', 'Content-Length: 2'], 'ok')],
    ['lines that end in LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
    ['70,000 letters', ok([`X-A: ${'a'.repeat(70_000)}`, 'Content-Length: 2'], 'ok')],
  ],
  'Content-Length': [
    ['twice the same', ok(['Content-Length: 2', 'Content-Length: 2'], 'ok')],
    ['twice, the second longer', ok(['Content-Length: 2', 'Content-Length: 50'], `ok${poison}`)],
    ['twice, the first longer', ok(['Content-Length: 50', 'Content-Length: 2'], `ok${poison}`)],
    ['a list', ok(['Content-Length: 2, 2'], 'ok')],
    ['a sign', ok(['Content-Length: +2'], 'ok')],
    ['a minus', ok(['Content-Length: -2'], 'ok')],
    ['hex', ok(['Content-Length: 0x2'], 'ok')],
    ['a letter', ok(['Content-Length: 2a'], 'ok')],
    ['empty', ok(['Content-Length:'], 'ok')],
    ['2^64 + 2', ok(['Content-Length: 18446744073709551618'], 'ok')],
    ['a blank before the colon', ok(['Content-Length : 2'], 'ok')],
    ['too long', ok(['Content-Length: 50'], 'half')],
    ['too short', ok(['Content-Length: 2'], `ok${poison}`)],
    ['too short, on an open connection', ok(['Content-Length: 2'], `ok${poison}`), open],
    ['0, and a body', ok(['Content-Length: 0'], poison), open],
    ['none, and the end', ok([], 'until the end')],
    ['none, and no body', ok([])],
  ],
  'Transfer-Encoding': [
    ['beside a length', ok(['Content-Length: 2', 'Transfer-Encoding: chunked'], `2\r\nok\r\n0\r\n\r\n`)],
    ['before a length', ok(['Transfer-Encoding: chunked', 'Content-Length: 2'], `2\r\nok\r\n0\r\n\r\n`)],
    ['in HTTP/1.0', `${lines('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')}\r\n2\r\nok\r\n0\r\n\r\n`],
    ['twice', ok(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '2\r\nok\r\n0\r\n\r\n')],
    ['chunked twice', ok(['Transfer-Encoding: chunked, chunked'], '2\r\nok\r\n0\r\n\r\n')],
    ['gzip and chunked', ok(['Transfer-Encoding: gzip, chunked'], '2\r\nok\r\n0\r\n\r\n')],
    ['identity', ok(['Transfer-Encoding: identity'], 'ok')],
    ['xchunked', ok(['Transfer-Encoding: xchunked'], '2\r\nok\r\n0\r\n\r\n')],
    ['with a blank before the colon', ok(['Transfer-Encoding : chunked'], '2\r\nok\r\n0\r\n\r\n')],
    ['with a vertical tab', ok(['Transfer-Encoding: \x0bchunked'], '2\r\nok\r\n0\r\n\r\n')],
    ['in capitals', ok(['TRANSFER-ENCODING: CHUNKED'], '2\r\nok\r\n0\r\n\r\n')],
  ],
  chunks: [
    ['with an extension', chunked('2;a=b\r\nok\r\n0\r\n\r\n')],
    ['with a blank after the size', chunked('2 \r\nok\r\n0\r\n\r\n')],
    ['with a sign', chunked('+2\r\nok\r\n0\r\n\r\n')],
    ['with 0x', chunked('0x2\r\nok\r\n0\r\n\r\n')],
    ['of 2^64 + 2', chunked('10000000000000002\r\nok\r\n0\r\n\r\n')],
    ['with a size that ends in LF', chunked('2\nok\r\n0\r\n\r\n')],
    ['with data that ends in LF', chunked('2\r\nok\n0\r\n\r\n')],
    ['with data longer than the size', chunked('2\r\nokay\r\n0\r\n\r\n')],
    ['with a LF in an extension', chunked('2;a\nok\r\n0\r\n\r\n')],
    ['that never end', chunked('2\r\nok\r\n')],
    ['that end without their last line', chunked('2\r\nok\r\n0\r\n')],
    ['with a trailer', chunked('2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n')],
    ['with a trailer that is no header', chunked('2\r\nok\r\n0\r\nX Y\r\n\r\n'), open],
    ['and another answer', chunked(`2\r\nok\r\n0\r\n\r\n${poison}`), open],
  ],
  'no body, and interim answers': [
    ['204 with a length', `${lines('HTTP/1.1 204 No Content', 'Content-Length: 6')}\r\npoison`, open],
    [
      '204 with chunks',
      `${lines('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked')}\r\n6\r\npoison\r\n0\r\n\r\n`,
      open,
    ],
    [
      '304 with a body',
      `${lines('HTTP/1.1 304 Not Modified', 'Content-Length: 6')}\r\npoison`,
      { open: true, allowed: 'it tells the length of what it does not send; what follows is dropped' },
    ],
    ['100', `HTTP/1.1 100 Continue\r\n\r\n${ok(['Content-Length: 2'], 'ok')}`],
    ['103', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok(['Content-Length: 2'], 'ok')}`],
    [
      '102 with a length',
      `HTTP/1.1 102 Processing\r\nContent-Length: 5\r\n\r\n${ok(['Content-Length: 2'], 'ok')}`,
    ],
    ['three of them', `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(3)}${ok(['Content-Length: 2'], 'ok')}`],
    [
      'a thousand of them',
      `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)}${ok(['Content-Length: 2'], 'ok')}`,
    ],
    ['101', `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n${poison}`, open],
    ['199', `HTTP/1.1 199 What\r\n\r\n${ok(['Content-Length: 2'], 'ok')}`],
    ['only an interim one', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ],
};

export const responseCases: readonly ResponseCase[] = Object.entries(groups).flatMap(([group, rows]) =>
  rows.map(([name, bytes, options = {}]) => ({
    name: `${group}: ${name}`,
    bytes,
    open: options.open ?? false,
    ...(options.allowed === undefined ? {} : { allowed: options.allowed }),
  })),
);
