import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { onLine, say } from './lines.ts';

/** SHA-256 of each credential that is let in; values stay with the test. */
const accepted = new Set(process.env['ACCEPTED']?.split(','));

/** `go` lines of the test nobody waited for yet, and those who wait for one. */
let ahead = 0;
const waiting: (() => void)[] = [];

/** Returns when the test says so. */
export function goAhead(): Promise<void> {
  if (ahead === 0) return new Promise((resolve) => void waiting.push(resolve));
  ahead -= 1;
  return Promise.resolve();
}

function go(): void {
  const next = waiting.shift();
  if (next === undefined) ahead += 1;
  else next();
}

/** Listens, says every request and its end to the test, and answers 401 to all that lack exactly one good credential. */
export function serve(handle: (req: IncomingMessage, res: ServerResponse) => unknown): void {
  const listener: RequestListener = (req, res) => {
    const path = new URL(req.url ?? '', 'http://any').pathname;
    const credentials = valuesOf(req, 'authorization').map((value) =>
      createHash('sha256').update(value).digest('hex'),
    );
    say({
      event: 'request',
      method: req.method,
      path,
      headers: req.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()),
      credentials,
      revision: req.headers['mcp-protocol-version'] ?? null,
      resumes: req.headers['last-event-id'] !== undefined,
      certificate: certificateOf(req),
    });
    res.on('close', () => say({ event: 'ended', method: req.method, path, status: res.statusCode }));
    const [credential = '', ...more] = credentials;
    if (!accepted.has(credential) || more.length > 0) {
      res.writeHead(401).end();
      return;
    }
    handle(req, res);
  };
  const folder = process.env['TLS'];
  const server = folder === undefined ? createServer(listener) : createHttpsServer(tls(folder), listener);
  server.listen(0, '127.0.0.1', () => {
    say({ event: 'listening', port: (server.address() as AddressInfo).port });
  });
  onLine(go);
}

/** A client must show a certificate of the same CA. */
const tls = (folder: string) => ({
  cert: readFileSync(path.join(folder, 'tls.crt')),
  key: readFileSync(path.join(folder, 'tls.key')),
  ca: readFileSync(path.join(folder, 'ca.crt')),
  requestCert: process.env['CLIENT_CERTIFICATE'] === 'required',
  rejectUnauthorized: process.env['CLIENT_CERTIFICATE'] === 'required',
});

/** Whose certificate the client showed. */
const certificateOf = ({ socket }: IncomingMessage) =>
  socket instanceof TLSSocket ? (socket.getPeerCertificate().subject?.CN ?? null) : null;

const valuesOf = (req: IncomingMessage, name: string): string[] =>
  req.rawHeaders.filter((_, i) => i % 2 === 1 && req.rawHeaders[i - 1]?.toLowerCase() === name);
