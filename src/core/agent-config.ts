import type { Lookup } from './facts.ts';

/** The lists of MCP servers in an agent's own configuration: two, since a server's transport decides which it is in. */
export const serverLists = ['http_tools', 'sse_tools'] as const;
export type ServerList = (typeof serverLists)[number];

/** One server there, without the values of its headers. */
export interface ConfiguredServer {
  readonly url: string;
  /** As they are spelt. */
  readonly headers: readonly string[];
}

/** What is known of an agent's configuration, which its operator keeps in a Secret. */
export type AgentConfigFact = Lookup<Readonly<Record<ServerList, readonly ConfiguredServer[]>>>;
