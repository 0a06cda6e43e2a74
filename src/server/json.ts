import type { ServerResponse } from 'node:http';

export function sendJson(res: ServerResponse, code: number, body: unknown): void {
  sendBytes(res, code, JSON.stringify(body));
}

/** JSON that is encoded already. */
export function sendBytes(res: ServerResponse, code: number, json: string | Uint8Array): void {
  res.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
  res.end(json);
}

/** `undefined` when the bytes are not JSON. */
export function parseJson(json: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A Kubernetes Status: what the API server shows when a webhook answers with anything but 200. */
export const status = (code: number, reason: string, message: string) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
  message,
});
