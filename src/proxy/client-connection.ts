import type { Socket } from 'node:net';
import { faultAnswer, refusalAnswer, type Fault } from './answers.ts';
import type { ClientBudget } from './client-budget.ts';
import { ClientTunnel, openTunnel } from './client-tunnel.ts';
import { Exchange, type Client } from './exchange.ts';
import { forward, recordNotSent, type NotSent } from './forward.ts';
import { bodyReader } from './http1/body-reader.ts';
import type { BodyReader } from './http1/framing.ts';
import { headEnd } from './http1/head-end.ts';
import { ProtocolError } from './http1/protocol-error.ts';
import { readRequestHead, type RequestHead } from './http1/request-head.ts';
import { WriteBuffer } from './http1/write-buffer.ts';
import {
  clientHeadersTimeoutMs,
  clientKeepAliveMs,
  lingerMs,
  maxHeaderBytes,
  maxPipelinedBytes,
  peerRecheckMs,
} from './limits.ts';
import { peerState } from './loopback-peer.ts';
import type { RequestAdmission } from './request-admission.ts';

/** One connection of the app: its requests are answered in order, one at a time. */
export class ClientConnection implements Client {
  readonly out: WriteBuffer;
  readonly #admission: RequestAdmission;
  readonly #socket: Socket;
  readonly #budget: ClientBudget;
  readonly #lookedUp: { readonly port: number; readonly peer: number };
  /** Bytes that are not understood yet: a part of a head, or requests sent ahead. */
  #held: Buffer | null = null;
  /** A head has begun and not ended. */
  #inHead = false;
  #exchange: Exchange | null = null;
  #body: BodyReader | null = null;
  /** After a CONNECT: from then on these are somebody else's bytes. */
  #tunnel: ClientTunnel | null = null;
  #method = 'GET';
  /** The request under way is the last one, as its client has it. */
  #last = false;
  /** Where the body of the head just read begins. */
  #bodyAt = 0;
  /** The client will send nothing more. */
  #ended = false;
  /** We will: the rest of what comes is dropped. */
  #closing = false;
  /** When it last began to wait for the client. */
  #since = Date.now();

  constructor(admission: RequestAdmission, socket: Socket, budget: ClientBudget) {
    this.#admission = admission;
    this.#socket = socket;
    this.#budget = budget;
    this.out = new WriteBuffer(socket);
    this.#lookedUp = { port: socket.localPort ?? 0, peer: socket.remotePort ?? 0 };
    socket.on('data', (bytes: Buffer) => this.#data(bytes));
    socket.on('drain', () => (this.#tunnel ?? this.#exchange)?.clientDrained());
    socket.on('end', () => this.#end());
    // `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
  }

  /** Called now and then: closes what has waited for its client too long. */
  sweep(now: number): void {
    // Node does not poll a paused socket, so a reset goes unnoticed; a write fails after it, also one of no bytes.
    const paused = this.#socket.isPaused();
    if (paused && this.#socket.writableLength === 0) this.#socket.write('');
    if (this.#tunnel !== null) return;
    if (this.#exchange !== null) {
      if (this.#ended || paused) this.#askForPeer();
      return;
    }
    const waited = now - this.#since;
    const most = this.#closing ? lingerMs : this.#inHead ? clientHeadersTimeoutMs : clientKeepAliveMs;
    if (waited > most) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pauseRequest(): void {
    this.#socket.pause();
  }

  resumeRequest(): void {
    this.#socket.resume();
  }

  answered(close: boolean): void {
    this.#exchange = null;
    this.#body = null;
    this.#since = Date.now();
    if (close) return this.#close();
    this.out.flush();
    // It may have waited for the server to read, or for this answer.
    this.#socket.resume();
    const held = this.#takeHeld();
    if (held !== null) this.#read(held);
    if (this.#exchange !== null || this.#tunnel !== null || this.#closing) return;
    if (this.#ended) this.#close();
    else if (!this.#inHead) this.#budget.idle(this);
  }

  failed(fault: Fault, status: 502 | 503 | 504): void {
    const close = this.#body !== null || this.#last;
    this.out.text(faultAnswer(fault, status, { method: this.#method, close }));
    this.answered(close);
  }

  breakOff(reset: boolean): void {
    this.#exchange = null;
    this.out.flush();
    if (reset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #data(bytes: Buffer): void {
    if (this.#closing) return;
    const held = this.#takeHeld();
    this.#read(held === null ? bytes : Buffer.concat([held, bytes]));
  }

  #read(bytes: Buffer): void {
    try {
      let at = 0;
      while (at < bytes.length && !this.#closing) {
        if (this.#tunnel !== null) {
          this.#tunnel.clientData(bytes.subarray(at));
          break;
        }
        if (this.#body !== null) at = this.#readBody(bytes, at, this.#body);
        else if (this.#exchange === null && this.#readHead(bytes, at)) at = this.#bodyAt;
        else {
          this.#hold(bytes.subarray(at));
          break;
        }
      }
      this.#exchange?.flushRequest();
      this.out.flush();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#protocolError(error);
    }
  }

  #takeHeld(): Buffer | null {
    const held = this.#held;
    if (held === null) return null;
    this.#held = null;
    this.#budget.hold(this, 0);
    return held;
  }

  #hold(bytes: Buffer): void {
    this.#held = bytes;
    if (this.#exchange !== null) {
      if (bytes.length > maxPipelinedBytes) this.#socket.pause();
    } else if (!this.#inHead) {
      this.#inHead = true;
      this.#since = Date.now();
      this.#budget.unfinished(this);
    }
    this.#budget.hold(this, bytes.length);
  }

  /** False while the head is not complete. */
  #readHead(bytes: Buffer, at: number): boolean {
    // RFC 9112, section 2.2: old clients send an empty line after a body.
    const from = bytes[at] === 13 && bytes[at + 1] === 10 ? at + 2 : at;
    const end = headEnd(bytes, from, maxHeaderBytes);
    if (end === -1) return false;
    this.#inHead = false;
    this.#bodyAt = end + '\r\n'.length;
    const head = readRequestHead(bytes, from, end);
    this.#method = head.method;
    this.#last = head.minor === 0 || head.connection.close;
    this.#admit(head);
    return true;
  }

  #admit(head: RequestHead): void {
    const admission = this.#admission.admit(head);
    switch (admission.kind) {
      case 'refused':
        return this.#answerNotSent(head, admission);
      case 'tunnel': {
        const next = openTunnel(admission, this.#socket);
        if (!(next instanceof ClientTunnel)) return this.#answerNotSent(head, next);
        this.#tunnel = next;
        return this.#budget.active(this);
      }
      case 'request': {
        const next = forward(admission, head, this);
        if (next instanceof Exchange) this.#begin(head, next);
        else this.#answerNotSent(head, next);
      }
    }
  }

  #begin(head: RequestHead, exchange: Exchange): void {
    this.#exchange = exchange;
    this.#budget.active(this);
    if (head.framing === 'none' || head.framing === 0) return exchange.requestDone();
    this.#body = bodyReader(head.framing);
    if (head.expectsContinue && head.minor === 1) this.out.text('HTTP/1.1 100 Continue\r\n\r\n');
  }

  #readBody(bytes: Buffer, at: number, body: BodyReader): number {
    const exchange = this.#exchange;
    if (exchange === null) return bytes.length;
    const next = body.read(bytes, at, exchange.body);
    if (body.done) {
      this.#body = null;
      exchange.requestDone();
    }
    return next;
  }

  /** A refused request with a body is the last one: we do not read on for its end. */
  #answerNotSent({ method, framing }: RequestHead, result: NotSent): void {
    recordNotSent(result);
    const close = framing === 'chunked' || Number(framing) > 0 || this.#last;
    const shape = { method, close };
    this.out.text(
      result.kind === 'refused'
        ? refusalAnswer(result.refusal, shape)
        : faultAnswer(result.fault, result.status, shape),
    );
    this.#since = Date.now();
    if (close) this.#close();
    else this.#budget.idle(this);
  }

  #protocolError({ kind }: ProtocolError): void {
    const exchange = this.#exchange;
    if (exchange !== null) {
      // A broken body of a request that is on its way: the server must not take it for a whole one.
      exchange.abort(null);
      this.#exchange = null;
    }
    this.#body = null;
    recordNotSent({ kind: 'refused', route: this.#admission.route, refusal: kind });
    if (exchange?.answering === true) return this.destroy();
    this.out.text(refusalAnswer(kind, { method: this.#method, close: true }));
    this.#close();
  }

  /** Says that nothing more comes, and drops what the client still sends, for a while. */
  #close(): void {
    this.#closing = true;
    this.#takeHeld();
    this.#since = Date.now();
    this.#budget.unfinished(this);
    this.out.flush();
    this.#socket.end();
    this.#socket.resume();
  }

  #end(): void {
    this.#ended = true;
    if (this.#tunnel !== null) return this.#tunnel.clientEnded();
    if (this.#exchange === null) {
      if (!this.#closing) this.#close();
    } else if (this.#body === null) this.#askForPeer();
    else this.#gone();
  }

  /** A client that closed looks like one that only has nothing more to send, or one whose request waits for the server. */
  #askForPeer(again = true): void {
    const exchange = this.#exchange;
    void peerState(this.#lookedUp.port, this.#lookedUp.peer).then((state) => {
      if (exchange === null || exchange !== this.#exchange) return;
      if (state === 'closed' || (state === 'unlisted' && this.#ended)) this.#gone();
      else if (again) setTimeout(() => this.#askForPeer(false), peerRecheckMs).unref();
    });
  }

  #gone(): void {
    this.#tunnel?.clientGone();
    this.#exchange?.abort();
    this.#exchange = null;
    this.#body = null;
    this.#closing = true;
    this.#socket.destroy();
  }
}
