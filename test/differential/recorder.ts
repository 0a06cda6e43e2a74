import { createServer, type AddressInfo, type Socket } from 'node:net';

/** One request as it stood on the wire before the server. */
export interface Recorded {
  readonly head: string;
  readonly body: string;
  /** Its body was there to the end: the server would have acted on it. */
  readonly complete: boolean;
}

const defaultAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean';

/** What a server reads at the front of the bytes: a request, and what follows it. */
function readOne(bytes: string): { readonly request: Recorded; readonly rest: string } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const head = bytes.slice(0, end + 4);
  const after = bytes.slice(end + 4);
  const length = Number(/^content-length:[ \t]*(\d+)[ \t]*\r$/im.exec(head)?.[1] ?? 0);
  if (/^transfer-encoding:[ \t]*chunked[ \t]*\r$/im.test(head)) return readChunks(head, after);
  const body = after.slice(0, length);
  return { request: { head, body, complete: body.length === length }, rest: after.slice(length) };
}

function readChunks(head: string, after: string) {
  let rest = after;
  let body = '';
  for (;;) {
    const [line, digits] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    if (line === undefined || digits === undefined)
      return { request: { head, body, complete: false }, rest: '' };
    const size = Number.parseInt(digits, 16);
    const data = rest.slice(line.length, line.length + size);
    rest = rest.slice(line.length + size);
    if (size === 0) {
      // Trailers, or the empty line alone.
      const end = `\r\n${rest}`.indexOf('\r\n\r\n');
      return { request: { head, body, complete: end !== -1 }, rest: end === -1 ? '' : rest.slice(end + 2) };
    }
    if (!rest.startsWith('\r\n')) return { request: { head, body: body + data, complete: false }, rest: '' };
    rest = rest.slice(2);
    body += data;
  }
}

export interface Recorder {
  readonly port: number;
  /** What came since it was last asked, and what could not be read as a request at all. */
  readonly take: () => { readonly requests: readonly Recorded[]; readonly garbage: string };
  /** Grows with every byte that comes. */
  readonly activity: () => number;
  /** The bytes the next request is answered with, once. */
  readonly answerNext: (bytes: string, open: boolean) => void;
  readonly close: () => void;
}

/** A server that keeps all it is sent, reads it as a server would, and answers whatever it is told to. */
export async function startRecorder(): Promise<Recorder> {
  const sockets = new Set<Socket>();
  let connections: { bytes: string }[] = [];
  let activity = 0;
  let special: { readonly bytes: string; readonly open: boolean } | null = null;

  const server = createServer((socket) => {
    const connection = { bytes: '', answered: 0 };
    sockets.add(socket);
    connections.push(connection);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      activity += chunk.length;
      if (!connections.includes(connection)) {
        // A connection kept from the case before.
        connection.bytes = '';
        connection.answered = 0;
        connections.push(connection);
      }
      connection.bytes += chunk.toString('latin1');
      const complete = readAll(connection.bytes).requests.filter((request) => request.complete).length;
      for (; connection.answered < complete; connection.answered += 1) {
        if (special === null) socket.write(defaultAnswer);
        else {
          const { bytes, open } = special;
          special = null;
          socket.write(bytes, 'latin1');
          if (!open) socket.end();
        }
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    activity: () => activity,
    answerNext: (bytes, open) => {
      special = { bytes, open };
    },
    take: () => {
      const read = connections.map(({ bytes }) => readAll(bytes));
      connections = [];
      special = null;
      return {
        requests: read.flatMap(({ requests }) => requests),
        garbage: read.map(({ garbage }) => garbage).join(''),
      };
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function readAll(bytes: string) {
  const requests: Recorded[] = [];
  let rest = bytes;
  for (let next = readOne(rest); next !== null; next = readOne(rest)) {
    requests.push(next.request);
    ({ rest } = next);
  }
  return { requests, garbage: rest };
}
