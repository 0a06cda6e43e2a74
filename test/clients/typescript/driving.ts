import { onLine, say } from './lines.ts';

/** What a test asks a client to connect to, and as what. */
export interface Opening {
  readonly url: string;
  readonly transport: 'http' | 'sse';
  readonly revision: string;
  /** Answers elicitation; else sampling, which is what the older revisions have. */
  readonly elicits: boolean;
}

export interface Session {
  readonly revision: string | undefined;
  readonly list: () => Promise<string[]>;
  readonly call: (
    tool: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
    onprogress: (progress: { progress: number }) => void,
  ) => Promise<unknown>;
  readonly end: () => Promise<void>;
}

/** A credential of the app's own, which must never arrive, and a header that must. */
export const ownHeaders = { Authorization: 'Bearer the-wrong-one', 'X-App': 'as-it-is' };

/** Coming back quickly: the default waits for a second. */
export const reconnectionOptions = {
  initialReconnectionDelay: 50,
  maxReconnectionDelay: 50,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 100,
};

/** Does what the lines on standard input say, one after the other but for a call, and says what came of it. */
export function drive(connect: (opening: Opening) => Promise<Session>): void {
  let session: Session | undefined;
  let calling = new AbortController();
  const current = () => session ?? fail('there is no session');

  const call = async (tool: string, args: Record<string, unknown>) => {
    calling = new AbortController();
    const content = await current().call(tool, args, calling.signal, ({ progress }) =>
      say({ step: 'progress', progress }),
    );
    say({ step: 'result', content });
  };

  const act = async (line: Record<string, unknown>) => {
    switch (line['do']) {
      case 'connect':
        session = await connect(line as unknown as Opening);
        return say({ step: 'connected', revision: session.revision });
      case 'list':
        return say({ step: 'listed', tools: await current().list() });
      case 'call':
        return call(String(line['tool']), (line['arguments'] ?? {}) as Record<string, unknown>);
      case 'cancel':
        return calling.abort();
      case 'end':
        await current().end();
        return say({ step: 'ended' });
      default:
        return fail('not a thing to do');
    }
  };
  onLine((line) => {
    act(line).catch((error: unknown) => say({ step: 'failed', message: String(error) }));
  });
}

const fail = (message: string): never => {
  throw new Error(message);
};
