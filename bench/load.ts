import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where to send, and the exact bytes of one request. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly request: Buffer;
}

export interface Outcome {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  /** Milliseconds, sorted. */
  readonly latencies: Float64Array;
}

/** One keep-alive connection that sends one request at a time. Reads just enough HTTP to know where a response ends. */
class Connection {
  #waiting: ((ok: boolean) => void) | undefined;
  #received: Buffer = Buffer.alloc(0);
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => this.#finish(false));
    socket.on('close', () => this.#finish(false));
  }

  static async open({ host, port, tls }: Target): Promise<Connection> {
    const socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connectPlain({ host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', () => resolve());
      socket.once('error', reject);
    });
    return new Connection(socket);
  }

  send(request: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const complete = Number.isNaN(length)
      ? this.#received.subarray(-5).toString() === '0\r\n\r\n'
      : this.#received.length >= end + 4 + length;
    if (complete) this.#finish(head.startsWith('HTTP/1.1 200'));
  }

  #finish(ok: boolean): void {
    this.#received = Buffer.alloc(0);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(ok);
  }
}

const sorted = (latencies: readonly number[]): Float64Array => Float64Array.from(latencies).toSorted();

/** Every connection sends its next request as soon as it has its answer. */
export async function closedLoop(target: Target, connections: number, seconds: number): Promise<Outcome> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(target)));
  const latencies: number[] = [];
  let failures = 0;
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() < until) {
        const sent = performance.now();
        if (await connection.send(target.request)) latencies.push(performance.now() - sent);
        else {
          failures += 1;
          break;
        }
      }
    }),
  );
  const elapsed = (performance.now() - started) / 1000;
  for (const connection of open) connection.close();
  return { requests: latencies.length, failures, seconds: elapsed, latencies: sorted(latencies) };
}

/**
 * Requests leave at a fixed rate whether or not earlier ones were answered, and latency counts from the moment a
 * request was due: a server that stalls cannot hide it by slowing the sender down.
 */
export async function openLoop(
  target: Target,
  connections: number,
  perSecond: number,
  seconds: number,
): Promise<Outcome> {
  const idle = await Promise.all(Array.from({ length: connections }, () => Connection.open(target)));
  const all = [...idle];
  const due: number[] = [];
  const latencies: number[] = [];
  let failures = 0;
  const total = perSecond * seconds;
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const dispatch = () => {
      while (due.length > 0 && idle.length > 0) {
        const connection = idle.pop();
        const at = due.shift();
        if (!connection || at === undefined) return;
        void connection.send(target.request).then((ok) => {
          if (ok) latencies.push(performance.now() - at);
          else failures += 1;
          idle.push(connection);
          if (latencies.length + failures === total) resolve();
          else dispatch();
        });
      }
    };
    let scheduled = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      while (scheduled < total && started + (scheduled * 1000) / perSecond <= now) {
        due.push(started + (scheduled * 1000) / perSecond);
        scheduled += 1;
      }
      if (scheduled === total) clearInterval(timer);
      dispatch();
    }, 1);
  });
  for (const connection of all) connection.close();
  return {
    requests: latencies.length,
    failures,
    seconds: (performance.now() - started) / 1000,
    latencies: sorted(latencies),
  };
}

export const percentile = (latencies: Float64Array, p: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * p))] ?? Number.NaN;
