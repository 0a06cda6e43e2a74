import type { IncomingMessage } from 'node:http';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Lookup, Unknown, UnknownCause } from '../core/facts.ts';
import { isFields, textAt, type Fields } from '../core/k8s/objects.ts';
import { maxLookupsAtOnce } from '../core/limits.ts';
import { maxConnections } from './keep-alive.ts';
import { refusedRight, type MissingRight, type Right } from '../core/rights.ts';
import { LookupQueue, type Turn } from './lookup-queue.ts';
import { rawRequests, type RawRequest } from './raw.ts';

/** As many as there are connections: a request that waits in the agent has no turn. */
const requests = {
  total: maxConnections,
  perNamespace: maxConnections / 2,
  perReview: maxLookupsAtOnce,
};
/** An answer up to this size is read whenever it comes: nearly every resource and Secret is smaller. */
const smallBytes = 64 * 1024;
/**
 * Larger answers are read a few at a time, and the others wait in their sockets: four of the largest are 32 MiB, and their
 * texts and objects about three times that for a moment.
 */
const largeAnswers = { total: 4, perNamespace: 2, perReview: 2 };
/**
 * An object in etcd is at most 1.5 MiB; base64 makes a Secret of 1 MiB a third longer, and JSON writes some characters as
 * six. What is larger than this is not read, and so is unknown.
 */
export const maxAnswerBytes = 8 * 1024 * 1024;

/** A request, and the right that it needs. */
export interface LookupRequest extends RawRequest {
  readonly right: Right;
}

export interface Lookups {
  /** What `take` makes of the object that comes back. The object is dropped when `take` returns. Never rejects. */
  read<T>(
    what: LookupRequest,
    turn: Turn,
    take: (object: Fields) => T,
  ): Promise<Lookup<{ readonly value: T }>>;
}

/** Ends a lookup whose answer cannot be used. */
class Unusable extends Error {
  override readonly name = 'Unusable';
  readonly unknown: Unknown;
  constructor(unknown: Unknown) {
    super(unknown.why);
    this.unknown = unknown;
  }
}

/**
 * The admission lookups. Not through the client's own calls: node-fetch 2 reports "Premature close" for a chunked answer
 * whose connection the next request already uses (node-fetch issue 1767), which happens when requests wait for one.
 */
export function lookupsIn(config: KubeConfig): Lookups {
  const raw = rawRequests(config);
  const queue = new LookupQueue(requests);
  const large = new LookupQueue(largeAnswers);

  /** A kept connection may have been closed a moment ago. Everything we ask for can be asked for twice. */
  const open = async (what: RawRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    try {
      return await raw.open(what, signal);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
      return raw.open(what, signal);
    }
  };

  return {
    async read(what, turn, take) {
      try {
        return await queue.run(turn, async () => {
          const res = await open(what, turn.signal);
          try {
            const code = res.statusCode ?? 0;
            if (code >= 200 && code < 300) return { state: 'present', value: await taken(res, turn, take) };
            // Read to its end, so that the next lookup uses the connection.
            const body = new AnswerBody(res);
            const small = await body.readTo(smallBytes);
            return code === 403 ? forbidden(what.right, small ? body : undefined) : refusal(code);
          } finally {
            // Without effect when it was read to its end; else nothing more of it is of interest.
            if (!res.readableEnded) res.destroy();
          }
        });
      } catch (error) {
        if (turn.signal.aborted) return late;
        if (error instanceof Unusable) return error.unknown;
        return unknown('failed', 'the API server cannot be reached');
      }
    },
  };

  async function taken<T>(res: IncomingMessage, turn: Turn, take: (object: Fields) => T): Promise<T> {
    const body = new AnswerBody(res);
    if (await body.readTo(smallBytes)) return take(body.object());
    return large.run(turn, async () => {
      if (await body.readTo(maxAnswerBytes)) return take(body.object());
      throw new Unusable(unknown('too-large', `it is larger than ${maxAnswerBytes} bytes`));
    });
  }
}

/** Fixed sentences: an API error's own text may quote what was sent. */
const unknown = (cause: UnknownCause, why: string): Unknown => ({ state: 'unknown', cause, why });
const late = unknown('late', 'the API server did not respond before the timeout');

function forbidden(right: Right, body: AnswerBody | undefined): Unknown {
  const user = body && refusedUser(body);
  const missing: MissingRight = { ...right, ...(user === undefined ? {} : { user }) };
  return { ...unknown('forbidden', refusedRight(missing)), missing };
}

/** A service account, or another user whose name has no characters but these. */
const userRefused = /is forbidden: User "([\w.@:+-]{1,253})" cannot /;

/** Who has no such right, as the API server names them. Nothing else of its message is used. */
function refusedUser(body: AnswerBody): string | undefined {
  try {
    return userRefused.exec(textAt(body.object(), 'message'))?.[1];
  } catch {
    return undefined;
  }
}

function refusal(code: number): { readonly state: 'absent' } | Unknown {
  if (code === 404) return { state: 'absent' };
  return unknown(code === 429 ? 'throttled' : 'failed', `the API server responded with ${code}`);
}

/** An answer that is read in steps; between them, what comes next waits in the socket. */
export class AnswerBody {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #read: Buffer[] = [];
  #size = 0;

  constructor(res: IncomingMessage) {
    this.#chunks = res[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Whether the answer ended before it was larger than that. */
  async readTo(bytes: number): Promise<boolean> {
    while (this.#size <= bytes) {
      const next = await this.#chunks.next();
      if (next.done) return true;
      this.#read.push(next.value);
      this.#size += next.value.length;
    }
    return false;
  }

  object(): Fields {
    const parsed: unknown = JSON.parse(Buffer.concat(this.#read).toString());
    if (!isFields(parsed)) throw new Error('not an object');
    return parsed;
  }
}
