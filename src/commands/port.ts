import { UsageError, type ValueOption } from './command.ts';

export const portOption = <const Port extends string>(port: Port) =>
  ({
    type: 'value',
    value: 'PORT',
    default: port,
    help: 'listen on this port; 0 takes a free one',
  }) as const satisfies ValueOption;

export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw new UsageError(`--port ${text} is not a port`);
}
