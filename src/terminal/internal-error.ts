/**
 * One line about an error that no code expected, or more with where it happened. Its message stays out: it may quote a
 * part of the input.
 */
export function internalError(error: unknown, debug: boolean): string {
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
  const what = `sallyport: internal error (${name}${code}). This is a defect of Sallyport`;
  if (!debug) return `${what}: run the command again with --debug, and report what it prints.\n`;
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)) : [];
  return [`${what}; report it with these lines:`, ...frames, ''].join('\n');
}
