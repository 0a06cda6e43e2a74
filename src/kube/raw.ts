import { request as overHttp, type Agent, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as overHttps } from 'node:https';
import { createInterface } from 'node:readline';
import { HttpMethod, RequestContext, type KubeConfig } from '@kubernetes/client-node';

/**
 * Requests whose answers are taken as they come. The client's own calls make an object of a class of every field, which
 * costs several times the memory of a long list, and hand out no headers and no stream.
 */

/** No answer at all for so long: the API server, or the way to it, is gone. */
const silenceMs = 60_000;

export interface RawAnswer {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

export interface RawRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly method?: 'GET' | 'POST' | 'PATCH';
  readonly body?: unknown;
  readonly contentType?: string;
  /** `application/json` when left out. */
  readonly accept?: string;
  /** The longest time without a byte, where it is not `silenceMs`: a watch is silent while nothing changes. */
  readonly silenceMs?: number;
}

export interface Raw {
  /** The answer as soon as its head is there; the caller reads it to its end or destroys it. */
  open(what: RawRequest, signal: AbortSignal): Promise<IncomingMessage>;
  /** Whatever the API server says; rejects when nothing came. */
  ask(what: RawRequest, signal: AbortSignal): Promise<RawAnswer>;
  /** The lines of a watch, each parsed; ends when the API server ends it. Rejects with the code for anything but 200. */
  lines(what: RawRequest, signal: AbortSignal): AsyncGenerator<unknown, void>;
}

/** An answer that is no stream. */
export class RawRefusal extends Error {
  override readonly name = 'RawRefusal';
  readonly code: number;
  constructor(code: number) {
    super(`the API server responded with ${code}`);
    this.code = code;
  }
}

export function rawRequests(config: KubeConfig): Raw {
  const open = async (what: RawRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    const server = config.getCurrentCluster()?.server ?? '';
    const url = new URL(`${server.replace(/(?<!\/)\/+$/, '')}${what.path}`);
    for (const [key, value] of Object.entries(what.query ?? {}))
      if (value !== undefined) url.searchParams.set(key, String(value));
    const method = what.method ?? 'GET';
    // As the client's own calls do it: who we are, whom we trust, and connections that are kept.
    const context = new RequestContext(url.href, HttpMethod[method]);
    await config.applySecurityAuthentication(context);
    const body = what.body === undefined ? undefined : JSON.stringify(what.body);
    const headers: OutgoingHttpHeaders = {
      ...context.getHeaders(),
      accept: what.accept ?? 'application/json',
      ...(body === undefined
        ? {}
        : {
            'content-type': what.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    };
    const options = { method, signal, headers, agent: context.getAgent() as Agent };
    return new Promise((resolve, reject) => {
      const sent = (url.protocol === 'http:' ? overHttp : overHttps)(url, options, resolve);
      sent.setTimeout(what.silenceMs ?? silenceMs, () =>
        sent.destroy(new Error('the API server stopped responding')),
      );
      sent.on('error', reject);
      sent.end(body);
    });
  };
  return {
    open,
    async ask(what, signal) {
      const res = await open(what, signal);
      const chunks: Buffer[] = [];
      for await (const chunk of res) chunks.push(chunk as Buffer);
      return {
        code: res.statusCode ?? 0,
        headers: res.headers,
        body: parsed(Buffer.concat(chunks).toString()),
      };
    },
    async *lines(what, signal) {
      const res = await open(what, signal);
      try {
        if (res.statusCode !== 200) throw new RawRefusal(res.statusCode ?? 0);
        for await (const line of createInterface({ input: res, crlfDelay: Infinity }))
          if (line !== '') yield parsed(line);
      } finally {
        res.destroy();
      }
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
