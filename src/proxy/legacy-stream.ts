import type { BodySink } from './http1/framing.ts';
import { localOrigin } from './location.ts';
import type { Call, Route } from './route.ts';
import { createEndpointReader } from './sse-endpoint.ts';

interface LegacyStream {
  readonly send: (bytes: Buffer) => void;
  readonly forbid: () => void;
  /** The endpoint has passed; `forget` is to be run when the stream ends. */
  readonly done: (forget: () => void) => void;
}

/** Reads a legacy stream up to its endpoint. After it the bytes pass as they are. */
export function legacySink(route: Route, { path: requested, head }: Call, stream: LegacyStream): BodySink {
  const read = createEndpointReader(route.target, requested, localOrigin(head));
  let ended = false;
  return {
    payload: (bytes, from, to) => {
      const piece = bytes.subarray(from, to);
      // More chunks of the same read, after the one with the endpoint.
      if (ended) return stream.send(piece);
      const { out, path, forbidden } = read(piece);
      if (out.length > 0) stream.send(out);
      ended = forbidden === true || path !== undefined;
      if (forbidden) stream.forbid();
      else if (path !== undefined) stream.done(learnMessages(route, path));
    },
  };
}

/** The path is open for POST as long as a stream that named it is. */
function learnMessages({ learned: { messages } }: Route, path: string): () => void {
  messages.set(path, (messages.get(path) ?? 0) + 1);
  return () => {
    const left = (messages.get(path) ?? 1) - 1;
    if (left > 0) messages.set(path, left);
    else messages.delete(path);
  };
}
