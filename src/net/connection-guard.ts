import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What connections to one HTTP server may take. */
export interface ConnectionLimits {
  /** Connections at one time. */
  readonly maxConnections: number;
  /** From the TCP connection to the end of its first request head, TLS handshake included. */
  readonly headMs: number;
  /** From the end of a request head to the end of the response. */
  readonly responseMs: number;
  /** Whether the idle connection that a request leaves behind must survive a flood. */
  readonly protects?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** The limit that a connection exceeded: how many there are, or the time for a head or a response. */
export type CloseReason = 'count' | 'head' | 'response';

interface Connection {
  /** Remote address and port: a TLS socket has those of the TCP socket below it. */
  readonly key: string;
  readonly socket: Socket;
  readonly address: string;
  /** `head`: no request yet. `idle`: between two requests. */
  state: 'head' | 'idle' | 'busy';
  /** When the state began, in milliseconds. */
  since: number;
  /** Requests without a complete response; a client may pipeline. */
  pending: number;
  isProtected: boolean;
}

/** How often the guard looks for connections that exceeded their time. */
const sweepMs = 500;

/**
 * Keeps the connections of an HTTP or HTTPS server within limits.
 *
 * At the limit, a new connection replaces an old one of the address that has most connections without a request in
 * progress, so that a client with many connections displaces its own and not those of the kubelet. Of that address the
 * guard closes the oldest connection that never sent a request, or else the one that has been idle longest. If every
 * connection is busy or protected, it closes the new one.
 */
export function guardConnections(
  server: Server,
  limits: ConnectionLimits,
  closed: (reason: CloseReason) => void = () => undefined,
): void {
  const connections = new Map<string, Connection>();
  const close = (connection: Connection, reason: CloseReason) => {
    closed(reason);
    connection.socket.destroy();
  };
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const connection of connections.values()) {
      const { state, since } = connection;
      if (state === 'head' && now - since > limits.headMs) close(connection, 'head');
      if (state === 'busy' && now - since > limits.responseMs) close(connection, 'response');
    }
  }, sweepMs);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));

  server.on('connection', (socket: Socket) => {
    const connection: Connection = {
      key: keyOf(socket),
      socket,
      address: socket.remoteAddress ?? '',
      state: 'head',
      since: performance.now(),
      pending: 0,
      isProtected: false,
    };
    if (connections.size >= limits.maxConnections) {
      const victim = victimAmong(connections);
      close(victim ?? connection, 'count');
      if (!victim) return;
      connections.delete(victim.key);
    }
    connections.set(connection.key, connection);
    socket.once('close', () => {
      if (connections.get(connection.key) === connection) connections.delete(connection.key);
    });
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(keyOf(request.socket));
    if (!connection) return;
    connection.pending += 1;
    become(connection, 'busy');
    response.once('close', () => {
      connection.pending -= 1;
      connection.isProtected ||= limits.protects?.(request, response) ?? false;
      if (connection.pending === 0) become(connection, 'idle');
    });
  });
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

function become(connection: Connection, state: Connection['state']): void {
  connection.state = state;
  connection.since = performance.now();
}

function victimAmong(connections: ReadonlyMap<string, Connection>): Connection | undefined {
  const counts = new Map<string, number>();
  const closable: Connection[] = [];
  for (const connection of connections.values()) {
    if (connection.state === 'busy' || connection.isProtected) continue;
    closable.push(connection);
    counts.set(connection.address, (counts.get(connection.address) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  let victim: Connection | undefined;
  for (const connection of closable)
    if (counts.get(connection.address) === most && (!victim || connection.since < victim.since))
      victim = connection;
  return victim;
}
