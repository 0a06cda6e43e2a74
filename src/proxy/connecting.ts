import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault } from './answers.ts';
import { connectTimeoutMs, tlsTimeoutMs } from './limits.ts';
import { ForbiddenTarget } from './target.ts';

type Fail = (fault: Fault, status: 504) => void;

/** Times the steps of a new connection, and tells from the step and the error what went wrong. */
export function watchConnecting(up: ClientRequest, secure: boolean, fail: Fail) {
  let step: 'connect' | 'tls' | 'open' = 'connect';
  up.on('socket', (socket: Socket) => {
    if (!socket.connecting) {
      step = 'open';
      return;
    }
    let timer = setTimeout(() => fail('connect', 504), connectTimeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      step = secure ? 'tls' : 'open';
      if (secure) timer = setTimeout(() => fail('tls', 504), tlsTimeoutMs);
    });
    if (!secure) return;
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      step = 'open';
    });
  });
  return {
    faultOf: (error: Error): Fault => {
      if (error instanceof ForbiddenTarget) return 'forbidden-target';
      if (step !== 'open') return step;
      // With TLS 1.3 a server refuses our certificate only after the handshake looks finished to us.
      const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
      return code.startsWith('ERR_SSL_') || code === 'EPROTO' ? 'tls' : 'upstream-closed';
    },
  };
}
