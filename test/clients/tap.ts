import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

interface Connection {
  readonly ends: readonly Socket[];
  asked: string;
  answered: string;
  open: boolean;
}

/** A line between proxy and server that is listened to, and can be cut. Bytes pass as they are. */
export class Tap {
  readonly #server = createServer((near) => this.#join(near));
  readonly #upstream: number;
  #connections: Connection[] = [];

  private constructor(upstream: number) {
    this.#upstream = upstream;
  }

  static async start(upstream: number): Promise<Tap> {
    const tap = new Tap(upstream);
    await new Promise<void>((resolve) => {
      tap.#server.listen(0, '127.0.0.1', resolve);
    });
    return tap;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All that went to the server since `forget`, as text. */
  get asked(): string {
    return this.#connections.map(({ asked }) => asked).join('\n');
  }

  get answered(): string {
    return this.#connections.map(({ answered }) => answered).join('\n');
  }

  /** How many connections are open on which this was asked. */
  carrying(text: string): number {
    return this.#connections.filter(({ open, asked }) => open && asked.includes(text)).length;
  }

  forget(): void {
    this.#connections = this.#connections.filter(({ open }) => open);
    for (const connection of this.#connections) Object.assign(connection, { asked: '', answered: '' });
  }

  /** As when a machine between the two goes away: every open connection ends in the middle. */
  cut(): void {
    for (const { ends } of this.#connections) for (const end of ends) end.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(near: Socket): void {
    const far = connect(this.#upstream, '127.0.0.1');
    const connection: Connection = { ends: [near, far], asked: '', answered: '', open: true };
    this.#connections.push(connection);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        connection.open = false;
        to.destroy();
      });
      from.pipe(to);
    }
    near.on('data', (chunk: Buffer) => {
      connection.asked += chunk.toString('latin1');
    });
    far.on('data', (chunk: Buffer) => {
      connection.answered += chunk.toString('latin1');
    });
  }
}
