import { createServer, type Server } from 'node:net';
import type { ClientBudget } from './client-budget.ts';
import { ClientConnection } from './client-connection.ts';
import { sweepMs } from './limits.ts';
import type { RequestAdmission } from './request-admission.ts';

/** A loopback listener and its connections. */
export interface Listener {
  readonly server: Server;
  /** Connections before this are not answered; the port is known only after listening. */
  readonly serve: (admission: RequestAdmission) => void;
  readonly close: () => void;
}

/** The budget is shared by all listeners of the proxy. */
export function createListener(budget: ClientBudget): Listener {
  const connections = new Set<ClientConnection>();
  // Half open, because a client that has nothing more to say still waits for its answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const timer = setInterval(() => {
    const now = Date.now();
    for (const connection of connections) connection.sweep(now);
  }, sweepMs);
  timer.unref();
  return {
    server,
    serve: (admission) =>
      void server.on('connection', (socket) => {
        const connection = new ClientConnection(admission, socket, budget);
        if (!budget.add(connection)) return connection.destroy();
        connections.add(connection);
        socket.on('close', () => {
          connections.delete(connection);
          budget.remove(connection);
        });
      }),
    close: () => {
      clearInterval(timer);
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
}
