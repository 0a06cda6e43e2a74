import { printableJson } from '../core/printable.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'off'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Names, numbers and fixed words only. A credential, a URL query or an error's own text never stands here. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface Log {
  readonly debug: (event: string, fields?: LogFields) => void;
  readonly info: (event: string, fields?: LogFields) => void;
  readonly warn: (event: string, fields?: LogFields) => void;
  readonly error: (event: string, fields?: LogFields) => void;
}

export const isLogLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text);

/** One JSON line per event, in which no character of a name changes how the line looks. */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  const threshold = logLevels.indexOf(level);
  const at = (own: LogLevel) => (event: string, fields?: LogFields) => {
    if (logLevels.indexOf(own) < threshold) return;
    write(
      printableJson(`${JSON.stringify({ time: new Date().toISOString(), level: own, event, ...fields })}\n`),
    );
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
