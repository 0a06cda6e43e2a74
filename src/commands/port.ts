import type { Server } from 'node:net';
import { InputError } from '../files/documents.ts';
import { UsageError, type ValueOption } from './command.ts';

export const portOption = <const Port extends string>(port: Port) =>
  ({
    type: 'value',
    value: 'PORT',
    default: port,
    help: 'listen on this port; 0 chooses a free one',
  }) as const satisfies ValueOption;

export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw new UsageError(`--port must be a number from 0 to 65535, but is ${JSON.stringify(text)}`);
}

/** Resolves when the server listens. Rejects with `InputError`. */
export function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, resolve);
  });
}

export function cannotListen(host: string, port: number, { code }: NodeJS.ErrnoException): InputError {
  const at = `cannot listen on ${host}:${port}`;
  switch (code ?? '') {
    case 'EADDRINUSE':
      return new InputError(`${at}: the port is already in use; to use another one, add --port PORT`);
    case 'EADDRNOTAVAIL':
      return new InputError(`${at}: this machine does not have the address; correct --host`);
    default:
      return new InputError(`${at} (${code ?? 'unknown error'})`);
  }
}
