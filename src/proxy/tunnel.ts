import type { Socket } from 'node:net';
import type { EgressProxy } from '../core/egress-proxy.ts';
import { headEnd } from './http1/head-end.ts';
import { ProtocolError } from './http1/protocol-error.ts';
import { readResponseHead } from './http1/response-head.ts';
import { maxHeaderBytes } from './limits.ts';

/** Asks an egress proxy, on a connection that is open to it, for a tunnel; `done` hears whether it is there. */
export function askForTunnel(
  socket: Socket,
  { authorization }: EgressProxy,
  authority: string,
  done: (opened: boolean) => void,
): void {
  let held: Buffer = Buffer.alloc(0);
  const onData = (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    const opened = isOpened(held);
    if (opened === null) return;
    socket.off('data', onData);
    socket.pause();
    done(opened);
  };
  socket.on('data', onData);
  const credential = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credential}\r\n`);
}

/** Null while the answer is not complete. Nothing follows it: the server speaks only when it is spoken to. */
function isOpened(bytes: Buffer): boolean | null {
  try {
    const end = headEnd(bytes, 0, maxHeaderBytes);
    if (end === -1) return null;
    const { status } = readResponseHead(bytes, 0, end, 'HEAD');
    return status >= 200 && status < 300 && bytes.length === end + '\r\n'.length;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
