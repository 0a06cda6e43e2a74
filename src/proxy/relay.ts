import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { incomingHeaders } from './headers.ts';
import { learnSlash, localLocation } from './location.ts';
import { outcomeOf } from './metrics.ts';
import { createEndpointReader } from './sse-endpoint.ts';

/** Hands the server's answer to the app: head at once, body as it comes, broken off where it breaks off. */
export function relay(exchange: Exchange, upRes: IncomingMessage): void {
  const { route, generation, req, res, up, fail, done } = exchange;
  const status = upRes.statusCode ?? 0;
  const { headers, echoed, location } = incomingHeaders(upRes.rawHeaders, generation.plan);
  if (echoed > 0) {
    route.counters.echoes += echoed;
    route.log.warn('response header held a credential', { server: route.name, dropped: echoed });
  }
  if (location !== undefined && !mapLocation(exchange, status, headers, location))
    return fail('forbidden-target');

  upRes.on('error', () => fail('upstream-closed'));
  upRes.on('end', () => {
    // An early answer to a long upload: the rest is read and dropped, and that connection is not used again.
    if (up.writableEnded) return;
    req.unpipe(up);
    up.destroy();
    req.resume();
  });
  res.on('finish', () => done(outcomeOf(status)));

  const stream = (upRes.headers['content-type'] ?? '').toLowerCase().startsWith('text/event-stream');
  if (stream) countStream(exchange);
  const head = () => {
    try {
      // The server's own reason phrase stays behind: it could say anything.
      res.writeHead(status, headers);
      return true;
    } catch {
      fail('upstream-closed');
      return false;
    }
  };
  if (stream && route.legacy && req.method === 'GET') return relayLegacy(exchange, upRes, head);
  if (!head()) return;
  upRes.pipe(res);
  if (stream) res.flushHeaders();
  // A small answer leaves in one write with its head; the head of a slow one does not wait for its body.
  else
    setImmediate(() => {
      if (!res.writableEnded && !res.destroyed) res.flushHeaders();
    });
}

function countStream({ route: { counters }, res }: Exchange): void {
  counters.streams += 1;
  res.once('close', () => {
    counters.streams -= 1;
  });
}

/** The URL under which this client reached us; the gate has checked it. */
const localOrigin = (req: IncomingMessage) => `http://${req.headers.host ?? ''}`;

/** Rewrites `Location` in place. False when a redirect leaves the server's origin. */
function mapLocation(exchange: Exchange, status: number, headers: string[], location: string): boolean {
  const { route, req, asked } = exchange;
  const redirect = status >= 300 && status < 400;
  const mapped = localLocation(location, asked, route.target, localOrigin(req));
  if (mapped === null) return !redirect;
  if (redirect) learnSlash(location, asked, route.target, route.learned);
  const at = headers.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === 'location');
  headers[at + 1] = mapped;
  return true;
}

/**
 * A legacy stream: the head waits for the first event, so that a foreign endpoint can still be answered with
 * 502. After the endpoint the bytes pass as they are.
 */
function relayLegacy(exchange: Exchange, upRes: IncomingMessage, head: () => boolean): void {
  const { route, req, res, asked, fail } = exchange;
  // We asked for a readable stream; one that is not could hide any endpoint.
  const coding = upRes.headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') return fail('forbidden-target');
  const read = createEndpointReader(route.target, asked, localOrigin(req));
  const onData = (chunk: Buffer) => {
    const { out, path, forbidden } = read(chunk);
    if (out.length > 0) {
      if (!res.headersSent && !head()) return;
      res.write(out);
    }
    if (forbidden) return fail('forbidden-target');
    if (path === undefined) return;
    learnMessages(exchange, path);
    upRes.off('data', onData);
    upRes.off('end', onEnd);
    upRes.pipe(res);
  };
  const onEnd = () => {
    if (res.headersSent || head()) res.end();
  };
  upRes.on('data', onData);
  upRes.on('end', onEnd);
}

/** The path is open for POST as long as a stream that named it is. */
function learnMessages({ route: { learned }, res }: Exchange, path: string): void {
  const { messages } = learned;
  messages.set(path, (messages.get(path) ?? 0) + 1);
  res.once('close', () => {
    const left = (messages.get(path) ?? 1) - 1;
    if (left > 0) messages.set(path, left);
    else messages.delete(path);
  });
}
