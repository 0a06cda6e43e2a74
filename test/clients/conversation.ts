import { expect } from 'vitest';
import { elicits, legacyTransport, sdks, type Revision, type SdkName } from './matrix.ts';
import { Peer, type Line } from './peer.ts';
import { credential, digest } from './sidecar.ts';
import { programOf } from './stage.ts';

export const tools = ['announce', 'ask', 'echo', 'slow', 'wait'];

/** A client process and what it is told to do. */
export class Conversation {
  readonly client: Peer;
  readonly #revision: Revision;
  readonly #url: string;

  constructor(name: SdkName, revision: Revision, url: string, env: Readonly<Record<string, string>> = {}) {
    this.client = new Peer(`the ${sdks[name].title} client`, programOf(name, 'client'), env);
    this.#revision = revision;
    this.#url = url;
  }

  async connect(): Promise<void> {
    const revision = this.#revision;
    const transport = legacyTransport(revision) ? 'sse' : 'http';
    this.client.tell({ do: 'connect', url: this.#url, transport, revision, elicits: elicits(revision) });
    expect(await this.client.next({ step: 'connected' })).toMatchObject({ revision });
  }

  async list(): Promise<void> {
    this.client.tell({ do: 'list' });
    const { tools: found } = await this.client.next({ step: 'listed' });
    expect((found as string[]).toSorted()).toEqual(tools);
  }

  /** A call and its answer. */
  async echo(text: string, more: Line = {}): Promise<void> {
    this.start('echo', { text, ...more });
    await this.result(text);
  }

  start(tool: string, args: Line = {}): void {
    this.client.tell({ do: 'call', tool, arguments: args });
  }

  async result(text: string): Promise<void> {
    const { content } = await this.client.next({ step: 'result' });
    expect(content).toMatchObject([{ type: 'text', text }]);
  }
}

/** Every request the server got carries the injected credential, once, and the rest of what the app set. */
export function expectInjected(requests: readonly Line[], value = credential.first): void {
  expect(requests.length).toBeGreaterThan(0);
  for (const request of requests) {
    const headers = request['headers'] as string[];
    expect(request['credentials']).toEqual([digest(value)]);
    expect(headers.filter((name) => name === 'authorization')).toEqual(['authorization']);
    expect(headers.filter((name) => name === 'x-app')).toEqual(['x-app']);
  }
}

export const requestsOf = (server: Peer, from = 0): Line[] =>
  server.lines.slice(from).filter(({ event }) => event === 'request');
