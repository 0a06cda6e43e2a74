/** Which SDKs are proved to work through the proxy, as what, and with which revision of MCP. */
export const revisions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

export type SdkName = 'typescript-1' | 'typescript-2' | 'python' | 'go';

export interface Sdk {
  /** As a title says it. */
  readonly title: string;
  /** The package and its version, as the lock file of its language has it. */
  readonly package: string;
  readonly client: readonly Revision[];
  readonly server: readonly Revision[];
}

const handshake: readonly Revision[] = ['2025-03-26', '2025-06-18', '2025-11-25'];

export const sdks: Readonly<Record<SdkName, Sdk>> = {
  'typescript-1': {
    title: 'TypeScript 1.x',
    package: '@modelcontextprotocol/sdk 1.32.2',
    client: ['2024-11-05', ...handshake],
    server: ['2024-11-05', ...handshake],
  },
  'typescript-2': {
    title: 'TypeScript 2.x',
    package: '@modelcontextprotocol/client 2.4.0, server 2.4.0',
    client: revisions,
    // It has no server of the legacy transport.
    server: [...handshake, '2026-07-28'],
  },
  python: { title: 'Python', package: 'mcp 2.3.0', client: revisions, server: revisions },
  go: {
    title: 'Go',
    package: 'github.com/modelcontextprotocol/go-sdk 1.8.0',
    client: revisions,
    server: revisions,
  },
};

export const sdkNames = Object.keys(sdks) as SdkName[];

/** The revisions a client and a server have in common. */
export const shared = (client: SdkName, server: SdkName): Revision[] =>
  sdks[client].client.filter((revision) => sdks[server].server.includes(revision));

/** What each revision brings along. */
export const legacyTransport = (revision: Revision) => revision === '2024-11-05';
export const hasSessions = (revision: Revision) => revision < '2026';
export const hasResumption = (revision: Revision) => revision > '2025' && revision < '2026';
export const elicits = (revision: Revision) => revision >= '2025-06-18';
/** From this one on every request names its revision in a header. */
export const namesRevision = (revision: Revision) => revision >= '2025-06-18';
