import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type SecureContext } from 'node:tls';
import type { Fault } from './answers.ts';
import type { EgressProxy } from '../core/egress-proxy.ts';
import { WriteBuffer } from './http1/write-buffer.ts';
import { tcpKeepAliveMs } from './limits.ts';
import { ForbiddenTarget, guardedLookup, type Target } from './target.ts';
import { askForTunnel } from './tunnel.ts';

/** How the connections of one generation are made. */
export interface Dial {
  readonly target: Target;
  /** Null for a direct connection. */
  readonly egress: EgressProxy | null;
  readonly connectTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly tls: { readonly context: SecureContext; readonly verify: boolean } | null;
  /** The last TLS session, for the next connection of this generation and of no other. */
  session?: Buffer;
}

/** Who has the connection hears of it. */
export interface UpstreamUser {
  /** The server is reached; for whoever says so before it has sent anything. */
  readonly upstreamOpened?: () => void;
  readonly upstreamData: (bytes: Buffer) => void;
  readonly upstreamDrained: () => void;
  /** The server closed its side. */
  readonly upstreamEnded: () => void;
  readonly upstreamFailed: (fault: Fault, status: 502 | 504) => void;
}

type ConnectPhase = 'connect' | 'tls' | 'open';

/** From how far a connection came and how it ended: what went wrong. */
export function faultOf(step: ConnectPhase, error: Error | null): Fault {
  if (error instanceof ForbiddenTarget) return 'forbidden-target';
  if (step !== 'open') return step;
  // With TLS 1.3 a server refuses our certificate only after the handshake looks finished to us.
  const code = error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code.startsWith('ERR_SSL_') || code === 'EPROTO' ? 'tls' : 'upstream-closed';
}

const lookup = guardedLookup();

/** One connection to the server, with at most one user at a time. */
export class UpstreamConnection {
  /** Keeps what it is given until the server is known to be the right one. */
  readonly out = new WriteBuffer(null);
  readonly openedAt = Date.now();
  /** When it was given back, and how long it may then wait. */
  idleSince = 0;
  idleMs = 0;
  #user: UpstreamUser | null = null;
  #step: ConnectPhase = 'connect';
  #timer: NodeJS.Timeout;
  #socket: Socket;
  readonly #dial: Dial;

  constructor(dial: Dial) {
    this.#dial = dial;
    const { target, egress, tls } = dial;
    this.#timer = setTimeout(() => this.#fail('connect', 504), dial.connectTimeoutMs);
    // The egress proxy's own address is the platform's business; a server's must not be a forbidden one.
    const where = egress ?? { host: target.host, port: target.port, lookup };
    this.#socket = egress === null && tls !== null ? this.#secure(where) : connect(where);
    this.#watch(this.#socket);
    this.#socket.once('connect', () => this.#connected());
  }

  #connected(): void {
    const { egress, target, tls } = this.#dial;
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, tcpKeepAliveMs);
    if (egress === null) return tls === null ? this.#open() : this.#shakeHands();
    askForTunnel(socket, egress, tunnelAuthority(target), (opened) => {
      if (!opened) return this.#fail('connect', 502);
      if (tls === null) return this.#open();
      this.#socket = this.#secure({ socket });
      this.#watch(this.#socket);
      this.#shakeHands();
    });
  }

  #secure(where: ConnectionOptions): Socket {
    const { tls, session, target } = this.#dial;
    // Without a name to show, the address (`host`) is what the certificate must be for.
    const socket = connectTls({
      host: target.host,
      ...where,
      servername: target.servername,
      rejectUnauthorized: tls?.verify ?? true,
      ALPNProtocols: ['http/1.1'],
      ...(tls === null ? {} : { secureContext: tls.context }),
      ...(session === undefined ? {} : { session }),
    });
    socket.once('secureConnect', () => this.#open());
    socket.on('session', (newest: Buffer) => {
      this.#dial.session = newest;
    });
    return socket;
  }

  #shakeHands(): void {
    clearTimeout(this.#timer);
    this.#step = 'tls';
    this.#timer = setTimeout(() => this.#fail('tls', 504), this.#dial.tlsTimeoutMs);
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#step = 'open';
    const socket = this.#socket;
    socket.on('data', (bytes: Buffer) => {
      // What nobody asked for would be taken for the next answer.
      if (this.#user === null) this.destroy();
      else this.#user.upstreamData(bytes);
    });
    socket.on('drain', () => this.#user?.upstreamDrained());
    socket.resume();
    this.out.attach(socket);
    this.#user?.upstreamOpened?.();
    if (this.out.flush()) this.#user?.upstreamDrained();
  }

  #watch(socket: Socket): void {
    socket.on('end', () => {
      if (this.#user === null || this.#step !== 'open') this.#fail(faultOf(this.#step, null), 502);
      else this.#user.upstreamEnded();
    });
    socket.on('error', (error) => this.#fail(faultOf(this.#step, error), 502));
    socket.on('close', () => this.#fail(faultOf(this.#step, null), 502));
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

  /** As `destroy`, once all that was written has left. */
  finish(): void {
    this.#user = null;
    this.out.flush();
    this.#socket.destroySoon();
  }

  /** Its user hears nothing more. */
  destroy(): void {
    this.#user = null;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }
}

const tunnelAuthority = ({ host, port }: Target): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
