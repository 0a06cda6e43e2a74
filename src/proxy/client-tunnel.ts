import type { Socket } from 'node:net';
import { faultAnswer, type Fault } from './answers.ts';
import type { NotSent } from './forward.ts';
import { count, type Outcome } from './metrics.ts';
import type { AdmittedTunnel } from './request-admission.ts';
import type { Route } from './route.ts';
import { UpstreamConnection, type UpstreamUser } from './upstream-connection.ts';

/** Opens the tunnel of a CONNECT, or returns why not. */
export function openTunnel({ route, dial }: AdmittedTunnel, client: Socket): ClientTunnel | NotSent {
  if (dial.target.forbidden) return { kind: 'failed', route, fault: 'forbidden-target', status: 502 };
  if (route.counters.active >= route.maxActive)
    return { kind: 'failed', route, fault: 'connect', status: 503 };
  return new ClientTunnel(route, new UpstreamConnection(dial), client);
}

/** Copies bytes between a client and the host it named. The proxy does not read them and adds no credential. */
export class ClientTunnel implements UpstreamUser {
  readonly #route: Route;
  readonly #up: UpstreamConnection;
  readonly #client: Socket;
  #opened = false;
  #finished = false;

  constructor(route: Route, up: UpstreamConnection, client: Socket) {
    this.#route = route;
    this.#up = up;
    this.#client = client;
    route.counters.active += 1;
    up.assign(this);
  }

  upstreamOpened(): void {
    this.#opened = true;
    this.#client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  }

  upstreamData(bytes: Buffer): void {
    if (!this.#client.write(bytes)) this.#up.pause();
  }

  upstreamDrained(): void {
    this.#client.resume();
  }

  /** RFC 9110, section 9.3.6: when one side closes, the other gets what is on its way, and then both are closed. */
  upstreamEnded(): void {
    if (!this.#finish('2xx')) return;
    this.#up.destroy();
    this.#client.end();
  }

  upstreamFailed(fault: Fault, status: 502 | 504): void {
    const { counters, log, name } = this.#route;
    if (!this.#finish('failed')) return;
    count(counters.failures, fault);
    log.warn('tunnel failed', { server: name, error: fault });
    if (this.#opened) this.#client.destroy();
    else this.#client.end(faultAnswer(fault, status, { method: 'CONNECT', close: true }), 'latin1');
  }

  clientData(bytes: Buffer): void {
    if (this.#finished) return;
    this.#up.out.bytes(bytes, 0, bytes.length);
    if (!this.#up.out.flush()) this.#client.pause();
  }

  clientDrained(): void {
    this.#up.resume();
  }

  clientEnded(): void {
    if (!this.#finish(this.#opened ? '2xx' : 'aborted')) return;
    this.#up.finish();
    this.#client.end();
  }

  clientGone(): void {
    if (this.#finish('aborted')) this.#up.destroy();
  }

  /** False when it had finished before. */
  #finish(outcome: Outcome): boolean {
    if (this.#finished) return false;
    this.#finished = true;
    this.#route.counters.active -= 1;
    count(this.#route.counters.requests, outcome);
    return true;
  }
}
