import type { ServerResponse } from 'node:http';

/** Our own faults: the values of `Sallyport-Error`. Part of the contract. */
export const faults = [
  'missing-file',
  'bad-file',
  'tls',
  'connect',
  'upstream-closed',
  'forbidden-target',
] as const;
export type Fault = (typeof faults)[number];

/** Requests that are never sent on, whatever the server. */
export const refusals = ['host', 'origin', 'path', 'malformed', 'not-proxied', 'header-conflict'] as const;
export type Refusal = (typeof refusals)[number];

/**
 * Fixed texts: no host, path or cause, since the app may hand them to a model. Never 400, 401, 404 or 405 for a
 * well-formed request on the MCP path: clients read those as an expired session, a login or a legacy server.
 */
const faultTexts: Record<Fault, string> = {
  'missing-file': 'the credential of this MCP server is missing',
  'bad-file': 'the credential of this MCP server cannot be used',
  tls: 'no trusted connection to this MCP server',
  connect: 'this MCP server cannot be reached',
  'upstream-closed': 'this MCP server closed the connection',
  'forbidden-target': 'this MCP server points at an address that is not allowed',
};

const refusalAnswers: Record<Refusal, readonly [number, string]> = {
  host: [421, 'the Host header does not name this listener'],
  origin: [403, 'requests of web pages are not allowed'],
  path: [404, 'no such path'],
  malformed: [400, 'the request is malformed'],
  'not-proxied': [501, 'this kind of request is not proxied'],
  'header-conflict': [403, 'the request sets a header that only the proxy may set'],
};

export const statusOfRefusal = (refusal: Refusal): number => refusalAnswers[refusal][0];

const body = (code: string, text: string) =>
  Buffer.from(`${JSON.stringify({ error: { code, message: `Sallyport: ${text}` } })}\n`);
const faultBodies = new Map(faults.map((fault) => [fault, body(fault, faultTexts[fault])]));
const refusalBodies = new Map(
  refusals.map((refusal) => [refusal, body(refusal, refusalAnswers[refusal][1])]),
);

export function answerFault(res: ServerResponse, fault: Fault, status: 502 | 503 | 504): void {
  send(res, status, ['Sallyport-Error', fault], faultBodies.get(fault));
}

export function answerRefusal(res: ServerResponse, refusal: Refusal): void {
  send(res, statusOfRefusal(refusal), [], refusalBodies.get(refusal));
}

function send(
  res: ServerResponse,
  status: number,
  headers: readonly string[],
  content = Buffer.alloc(0),
): void {
  const type = ['Content-Type', 'application/json', 'Content-Length', String(content.length)];
  res.writeHead(status, [...headers, ...type, 'Cache-Control', 'no-store']);
  res.end(content);
}
