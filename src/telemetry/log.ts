import type { WebhookRoute } from '../core/webhook-entries.ts';
import type { SkipReason } from '../core/inject/skip-reasons.ts';
import { printableJson } from '../core/printable.ts';
import pino, { type Logger } from 'pino';

/** What a decision's log line may hold. Nothing else of a request is ever logged. */
export interface DecisionRecord {
  readonly webhook: WebhookRoute;
  readonly uid: string;
  readonly operation: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** `deny`: a rule is broken; `error`: the review could not be judged. */
  readonly decision: 'allow' | 'deny' | 'patch' | 'error';
  readonly codes: readonly string[];
  readonly warned: readonly string[];
  readonly audited: readonly string[];
  /** Rules that could not be decided, and why. */
  readonly undecided?: readonly { readonly code: string; readonly cause: string }[];
  /** Why an operator's workload was admitted as it came. */
  readonly left?: string;
  /** Why a pod or workload was left as it is. */
  readonly skipped?: SkipReason;
  /** How long the review took, in milliseconds. */
  readonly ms: number;
  /** The part of it in which the review waited for the API server's answers to lookups. */
  readonly lookupMs?: number;
}

/** The same at run time: what else an object may carry is not written. */
const fields = [
  'webhook',
  'uid',
  'operation',
  'kind',
  'namespace',
  'name',
  'decision',
  'codes',
  'warned',
  'audited',
  'undecided',
  'left',
  'skipped',
  'ms',
  'lookupMs',
] as const satisfies readonly (keyof DecisionRecord)[];

const allowed = (record: DecisionRecord) => Object.fromEntries(fields.map((field) => [field, record[field]]));

export interface Log {
  decision(record: DecisionRecord): void;
  info(message: string): void;
  warn(message: string): void;
  /** A bug or a broken surrounding. Only the kind of error and its stack are kept: a message may quote input. */
  error(message: string, error: unknown): void;
}

/** The levels of `SALLYPORT_LOG_LEVEL` in the pods of the installation; decisions have the level info. */
const levels = ['debug', 'info', 'warn', 'error', 'silent'];

/** Writes lines of JSON at `level` and above; an unknown level is info, so that a typo hides nothing. */
export function createLog(write: (line: string) => void, level = 'info'): Log {
  const known = levels.includes(level);
  const logger: Logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, level: known ? level : 'info' },
    { write: (line: string) => write(printableJson(line)) },
  );
  if (!known) logger.warn(`SALLYPORT_LOG_LEVEL must be one of ${levels.join(', ')}; info is used`);
  return {
    decision: (record) => logger.info(allowed(record), 'decision'),
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
    error: (message, error) => logger.error({ error: describe(error) }, message),
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = error.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
  return [error.name, ...frames.slice(0, 8)].join('\n');
}
