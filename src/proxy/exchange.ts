import type { Fault } from './answers.ts';
import type { CredentialSnapshot } from './credential-snapshot.ts';
import { incomingLines } from './headers.ts';
import { bodyReader } from './http1/body-reader.ts';
import { answerHead, chunkedBody, plainBody, type BodyWriter } from './http1/encode.ts';
import type { BodyReader, BodySink } from './http1/framing.ts';
import type { WriteBuffer } from './http1/write-buffer.ts';
import { headEnd } from './http1/head-end.ts';
import { ProtocolError } from './http1/protocol-error.ts';
import { readResponseHead, type ResponseHead } from './http1/response-head.ts';
import { legacySink } from './legacy-stream.ts';
import { maxHeaderBytes, maxInterimAnswers } from './limits.ts';
import { locationFor } from './location.ts';
import { count, outcomeOf, type Outcome } from './metrics.ts';
import type { Call, Route } from './route.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.ts';

/** The app's side of an exchange. */
export interface Client {
  readonly out: WriteBuffer;
  readonly pauseRequest: () => void;
  readonly resumeRequest: () => void;
  /** The answer is written; with `close` it was the last one of its connection. */
  readonly answered: (close: boolean) => void;
  /** Instead of an answer. */
  readonly failed: (fault: Fault, status: 502 | 503 | 504) => void;
  /** In the middle of an answer: only a broken connection says that the rest is missing. */
  readonly breakOff: (reset: boolean) => void;
}

/** One request on its way and its answer. It begins with its head; the client then feeds it the body. */
export class Exchange implements UpstreamUser {
  /** Where the client's connection puts the body. */
  readonly body: BodyWriter;
  readonly #route: Route;
  readonly #snapshot: CredentialSnapshot;
  readonly #client: Client;
  readonly #call: Call;
  readonly #up: UpstreamConnection;
  #requestDone = false;
  #finished = false;
  /** The beginning of an answer's head. */
  #held: Buffer | null = null;
  #interim = 0;
  #answer: ResponseHead | null = null;
  #answerBody: BodyReader | null = null;
  #sink: BodySink | null = null;
  #writer: BodyWriter | null = null;
  /** The answer's head, while it waits for the endpoint of a legacy stream. */
  #unsent = '';
  #close = false;
  #onFinish: (() => void)[] = [];

  constructor(route: Route, snapshot: CredentialSnapshot, client: Client, call: Call) {
    this.#route = route;
    this.#snapshot = snapshot;
    this.#client = client;
    this.#call = call;
    route.counters.active += 1;
    this.#up = snapshot.upstreams.take(this);
    this.#up.out.text(call.text);
    this.body = call.head.framing === 'chunked' ? chunkedBody(this.#up.out) : plainBody(this.#up.out);
  }

  /** The client has sent its whole request. */
  requestDone(): void {
    this.#requestDone = true;
    if (!this.#finished) this.body.end();
  }

  /** Sends what the client has brought so far. */
  flushRequest(): void {
    if (!this.#finished && !this.#up.out.flush()) this.#client.pauseRequest();
  }

  clientDrained(): void {
    this.#up.resume();
  }

  /** Something of the answer is on its way to the client. */
  get answering(): boolean {
    return this.#answer !== null && this.#unsent === '';
  }

  /** The client went away: newer MCP cancels a call so. With null somebody else counts what became of it. */
  abort(outcome: Outcome | null = 'aborted'): void {
    if (this.#finish(outcome)) this.#up.destroy();
  }

  upstreamDrained(): void {
    this.#client.resumeRequest();
  }

  upstreamData(bytes: Buffer): void {
    try {
      this.#read(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail('upstream-closed');
    }
  }

  upstreamEnded(): void {
    if (this.#answer?.framing === 'until-close') this.#complete(false);
    else this.#fail('upstream-closed');
  }

  upstreamFailed(fault: Fault, status: 502 | 504): void {
    this.#fail(fault, status);
  }

  #read(arrived: Buffer): void {
    let bytes = arrived;
    let at = 0;
    if (this.#answer === null) {
      bytes = this.#held === null ? arrived : Buffer.concat([this.#held, arrived]);
      at = this.#readHeads(bytes);
      this.#held = this.#answer === null && at < bytes.length ? bytes.subarray(at) : null;
    }
    if (this.#finished || this.#answerBody === null || this.#sink === null) return;
    at = this.#answerBody.read(bytes, at, this.#sink);
    if (this.#finished) return;
    if (this.#answerBody.done) this.#complete(at < bytes.length);
    else if (!this.#client.out.flush()) this.#up.pause();
  }

  /** Reads heads up to the final one, and returns where its body begins. */
  #readHeads(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const end = headEnd(bytes, at, maxHeaderBytes);
      if (end === -1) return at;
      const head = readResponseHead(bytes, at, end, this.#call.head.method);
      at = end + '\r\n'.length;
      if (head.status >= 200) {
        this.#begin(head);
        return at;
      }
      this.#interim += 1;
      // Nobody asked to switch protocols.
      if (head.status === 101 || this.#interim > maxInterimAnswers) throw new ProtocolError();
    }
    return at;
  }

  /** Hands the answer's head on, and makes ready for its body. */
  #begin(answer: ResponseHead): void {
    const { counters, log, name, legacy } = this.#route;
    const { head } = this.#call;
    const { lines, echoed, forbidden } = incomingLines(answer, this.#snapshot.plan, (location) =>
      locationFor(this.#route, this.#call, answer.status, location),
    );
    if (echoed > 0) {
      counters.echoes += echoed;
      log.warn('response header removed because it contains a credential', { server: name, dropped: echoed });
    }
    if (forbidden) return this.#fail('forbidden-target');

    const stream = answer.eventStream;
    const rewritten = stream && legacy && head.method === 'GET';
    const open = answer.framing === 'chunked' || answer.framing === 'until-close';
    const chunked = head.minor === 1 && (open || (rewritten && answer.framing !== 'none'));
    // An answer that comes before its request is complete is the last one: the rest is not read for its sake.
    this.#close = !this.#requestDone || head.minor === 0 || head.connection.close;
    this.#answer = answer;
    this.#answerBody = bodyReader(answer.framing);
    const { out } = this.#client;
    this.#writer = chunked ? chunkedBody(out) : plainBody(out);
    this.#sink = this.#writer;
    this.#unsent = answerHead(answer, { lines, chunked, rewritten, close: this.#close });
    if (stream) {
      counters.streams += 1;
      this.#onFinish.push(() => {
        counters.streams -= 1;
      });
    }
    if (rewritten) this.#rewriteEndpoint(answer, this.#writer);
    else this.#sendHead();
  }

  #sendHead(): void {
    if (this.#unsent === '') return;
    this.#client.out.text(this.#unsent);
    this.#unsent = '';
  }

  /** The head of a legacy stream waits for its first event, so that a foreign endpoint can still be refused. */
  #rewriteEndpoint(answer: ResponseHead, writer: BodyWriter): void {
    // We asked for a readable stream; one that is not could hide any endpoint.
    const coding = answer.fields.find(({ lower }) => lower === 'content-encoding')?.value ?? 'identity';
    if (coding.toLowerCase() !== 'identity') return this.#fail('forbidden-target');
    this.#sink = legacySink(this.#route, this.#call, {
      send: (bytes) => {
        this.#sendHead();
        writer.payload(bytes, 0, bytes.length);
      },
      forbid: () => this.#fail('forbidden-target'),
      done: (forget) => {
        this.#onFinish.push(forget);
        this.#sink = writer;
      },
    });
  }

  #complete(leftover: boolean): void {
    const answer = this.#answer;
    if (answer === null) return;
    this.#sendHead();
    this.#writer?.end();
    this.#finish(outcomeOf(answer.status));
    if (this.#requestDone && answer.persistent && !leftover)
      this.#snapshot.upstreams.give(this.#up, answer.idleSeconds);
    else this.#up.destroy();
    this.#client.answered(this.#close);
  }

  #fail(fault: Fault, status: 502 | 504 = 502): void {
    if (!this.#finish('failed')) return;
    this.#up.destroy();
    const { counters, log, name } = this.#route;
    count(counters.failures, fault);
    log.warn('request failed', { server: name, error: fault });
    if (!this.answering) this.#client.failed(fault, status);
    // Without a length or chunks, a plain close would look like the end.
    else this.#client.breakOff(this.#call.head.minor === 0);
  }

  /** False when it had finished before. */
  #finish(outcome: Outcome | null): boolean {
    if (this.#finished) return false;
    this.#finished = true;
    this.#route.counters.active -= 1;
    if (outcome !== null) count(this.#route.counters.requests, outcome);
    for (const run of this.#onFinish) run();
    return true;
  }
}
