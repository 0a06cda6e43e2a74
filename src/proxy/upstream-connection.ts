import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Fault } from './answers.ts';
import { Gather } from './http1/gather.ts';
import { tcpKeepAliveMs } from './limits.ts';
import { ForbiddenTarget, guardedLookup, type Target } from './target.ts';

/** How the connections of one generation are made. */
export interface Dial {
  readonly target: Target;
  readonly connectTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly tls: { readonly context: SecureContext; readonly verify: boolean } | null;
  /** The last TLS session, for the next connection of this generation and of no other. */
  session?: Buffer;
}

/** Who has the connection hears of it. */
export interface UpstreamUser {
  readonly upstreamData: (bytes: Buffer) => void;
  readonly upstreamDrained: () => void;
  /** The server closed its side. */
  readonly upstreamEnded: () => void;
  readonly upstreamFailed: (fault: Fault, status: 502 | 504) => void;
}

type Step = 'connect' | 'tls' | 'open';

/** From how far a connection came and how it ended: what went wrong. */
export function faultOf(step: Step, error: Error | null): Fault {
  if (error instanceof ForbiddenTarget) return 'forbidden-target';
  if (step !== 'open') return step;
  // With TLS 1.3 a server refuses our certificate only after the handshake looks finished to us.
  const code = error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code.startsWith('ERR_SSL_') || code === 'EPROTO' ? 'tls' : 'upstream-closed';
}

const lookup = guardedLookup();

/** One connection to the server, with at most one user at a time. */
export class UpstreamConnection {
  readonly out: Gather;
  readonly openedAt = Date.now();
  /** When it was given back, and how long it may then wait. */
  idleSince = 0;
  idleMs = 0;
  #user: UpstreamUser | null = null;
  #step: Step = 'connect';
  #timer: NodeJS.Timeout;
  readonly #socket: Socket;

  constructor(dial: Dial) {
    const { host, port, servername } = dial.target;
    const where = { host, port, lookup, servername };
    const { tls, session } = dial;
    const socket = tls
      ? connectTls({
          ...where,
          secureContext: tls.context,
          rejectUnauthorized: tls.verify,
          ALPNProtocols: ['http/1.1'],
          ...(session === undefined ? {} : { session }),
        })
      : connect(where);
    this.#socket = socket;
    this.out = new Gather(socket);
    // Nothing leaves before the server is known to be the right one.
    socket.cork();
    this.#timer = setTimeout(() => this.#fail('connect', 504), dial.connectTimeoutMs);
    socket.once('connect', () => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, tcpKeepAliveMs);
      clearTimeout(this.#timer);
      if (!tls) return this.#open();
      this.#step = 'tls';
      this.#timer = setTimeout(() => this.#fail('tls', 504), dial.tlsTimeoutMs);
    });
    if (tls) {
      socket.once('secureConnect', () => this.#open());
      socket.on('session', (newest: Buffer) => {
        dial.session = newest;
      });
    }
    socket.on('data', (bytes: Buffer) => {
      // What nobody asked for would be taken for the next answer.
      if (this.#user === null) this.destroy();
      else this.#user.upstreamData(bytes);
    });
    socket.on('drain', () => this.#user?.upstreamDrained());
    socket.on('end', () => {
      if (this.#user === null) this.destroy();
      else this.#user.upstreamEnded();
    });
    socket.on('error', (error) => this.#fail(faultOf(this.#step, error), 502));
    socket.on('close', () => this.#fail(faultOf(this.#step, null), 502));
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#step = 'open';
    this.#socket.uncork();
  }

  #fail(fault: Fault, status: 502 | 504): void {
    const user = this.#user;
    this.destroy();
    user?.upstreamFailed(fault, status);
  }

  get usable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && this.#socket.readable;
  }

  /** From now on `user` hears of this connection, or nobody. */
  assign(user: UpstreamUser | null): void {
    this.#user = user;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Its user hears nothing more. */
  destroy(): void {
    this.#user = null;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }
}
