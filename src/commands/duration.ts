import { UsageError } from './command.ts';

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

interface Bounds {
  readonly option: string;
  readonly least: string;
  readonly most: string;
}

/** `90d`, `12h`, `30m` or `5s` in milliseconds, within its bounds. */
export function durationOf(text: string, { option, least, most }: Bounds): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (units[unit ?? ''] ?? Number.NaN);
  const bound = (limit: string) => Number(limit.slice(0, -1)) * (units[limit.slice(-1)] ?? 0);
  if (ms >= bound(least) && ms <= bound(most)) return ms;
  throw new UsageError(
    `${option} ${text} is not a time from ${least} to ${most}, written as 90d, 12h or 30m`,
  );
}
