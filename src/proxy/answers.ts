import { statusLine } from './http1/encode.ts';

/** Our own faults: the values of `Sallyport-Error`. Part of the contract. */
export const faults = [
  'missing-file',
  'bad-file',
  'tls',
  'connect',
  'upstream-closed',
  'forbidden-target',
  'plain-egress',
] as const;
export type Fault = (typeof faults)[number];

/** Requests that are never sent on, whatever the server. */
export const refusals = [
  'host',
  'origin',
  'path',
  'malformed',
  'too-large',
  'not-proxied',
  'header-conflict',
  'other-origin',
] as const;
export type Refusal = (typeof refusals)[number];

/**
 * Fixed texts: no host, path or cause, since the app may hand them to a model. Never 400, 401, 404 or 405 for a
 * well-formed request on the MCP path: clients read those as an expired session, a login or a legacy server.
 */
const faultTexts: Record<Fault, string> = {
  'missing-file': 'the credential of this MCP server is missing',
  'bad-file': 'the credential of this MCP server cannot be used',
  tls: 'the TLS connection to this MCP server cannot be trusted',
  connect: 'this MCP server cannot be reached',
  'upstream-closed': 'this MCP server closed the connection',
  'forbidden-target': 'the address of this MCP server is not allowed',
  'plain-egress':
    'this MCP server has a plain http URL, and an egress proxy would receive its credential; use https, or exempt the server in NO_PROXY',
};

const refusalAnswers: Record<Refusal, readonly [number, string]> = {
  host: [421, 'the Host header does not name this listener'],
  origin: [403, 'requests from web pages are not allowed'],
  path: [404, 'no such path'],
  malformed: [400, 'the request is malformed'],
  'too-large': [431, 'the headers of the request are too large'],
  'not-proxied': [501, 'this kind of request is not proxied'],
  'header-conflict': [403, 'the request sets a header that only the proxy may set'],
  'other-origin': [403, 'this proxy forwards requests only to the MCP servers of this pod'],
};

export interface AnswerShape {
  /** An answer to HEAD has no body. */
  readonly method: string;
  /** The connection ends with this answer. */
  readonly close: boolean;
}

export const faultAnswer = (fault: Fault, status: 502 | 503 | 504, shape: AnswerShape): string =>
  answer(status, `Sallyport-Error: ${fault}\r\n`, fault, faultTexts[fault], shape);

export const refusalAnswer = (refusal: Refusal, shape: AnswerShape): string =>
  answer(refusalAnswers[refusal][0], '', refusal, refusalAnswers[refusal][1], shape);

function answer(status: number, header: string, code: string, text: string, shape: AnswerShape): string {
  const body = `${JSON.stringify({ error: { code, message: `Sallyport: ${text}` } })}\n`;
  return (
    `${statusLine(status)}${header}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
    `Cache-Control: no-store\r\n${shape.close ? 'Connection: close\r\n' : ''}\r\n` +
    (shape.method === 'HEAD' ? '' : body)
  );
}
