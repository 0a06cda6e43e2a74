/** What happens to a finding. `audit` is for the log and the report alone. */
export type Mode = 'enforce' | 'warn' | 'audit' | 'off';
export const modes = ['enforce', 'warn', 'audit', 'off'] as const satisfies readonly Mode[];

interface CodeEntry {
  readonly title: string;
  readonly mode: Mode;
  /** A dry run warns instead: Flux and `kubectl diff` dry-run a Secret and its user before either exists. */
  readonly dryRunWarns?: true;
  /**
   * When an update may keep an old finding as a warning: always the `same` finding, or only on a `server` whose
   * URL, references and annotations did not change in this request.
   */
  readonly ratchet?: 'server';
}

/** Every code, in one table. docs/rules.md has a section for each and a test compares the two. */
export const codes = {
  MCP001: { title: 'a field has the wrong type', mode: 'enforce' },
  MCP002: { title: 'object over a limit', mode: 'enforce' },
  MCP101: { title: 'credential written inline in a header', mode: 'enforce' },
  MCP102: { title: 'credential in a URL', mode: 'enforce' },
  MCP103: { title: 'credential inline in env, arguments or free-form configuration', mode: 'warn' },
  MCP104: { title: 'sensitive header taken from a ConfigMap', mode: 'enforce' },
  MCP105: { title: 'credential in metadata or free text', mode: 'warn' },
  MCP106: { title: 'value that looks random under an ambiguous name', mode: 'warn' },
  MCP201: { title: 'Secret missing', mode: 'enforce', dryRunWarns: true },
  MCP202: { title: 'key missing in a Secret', mode: 'enforce', dryRunWarns: true },
  MCP203: { title: 'Secret could not be checked', mode: 'warn' },
  MCP204: { title: 'value cannot be sent as a header', mode: 'enforce' },
  MCP205: { title: 'another referenced object missing', mode: 'warn', dryRunWarns: true },
  MCP206: { title: 'requester could not use that Secret otherwise', mode: 'warn', ratchet: 'server' },
  MCP207: { title: 'immutable Secret cannot rotate', mode: 'warn' },
  MCP208: { title: 'origin not among those the Secret allows', mode: 'enforce', ratchet: 'server' },
  MCP209: { title: 'Secret without an origin limit', mode: 'off', ratchet: 'server' },
  MCP210: { title: 'CA not among those the Secret allows', mode: 'enforce', ratchet: 'server' },
  MCP301: { title: 'header name is not a token', mode: 'enforce' },
  MCP302: { title: 'same header twice', mode: 'enforce' },
  MCP303: { title: 'reserved header', mode: 'enforce' },
  MCP304: { title: 'two headers collide on one variable', mode: 'warn' },
  MCP305: { title: 'a setting without effect', mode: 'warn' },
  MCP401: { title: 'client certificate incomplete, unpaired or expired', mode: 'enforce' },
  MCP402: { title: 'TLS verification switched off', mode: 'warn' },
  MCP403: { title: 'credentials over plain http', mode: 'warn', ratchet: 'server' },
  MCP404: { title: 'URL invalid', mode: 'enforce' },
  MCP405: { title: 'URL points at link-local, metadata or loopback', mode: 'enforce', ratchet: 'server' },
  MCP406: { title: 'CA bundle unusable', mode: 'warn' },
  MCP501: { title: 'our container altered', mode: 'enforce' },
  MCP502: { title: 'our volume or container used by another container', mode: 'enforce' },
  MCP503: { title: 'pod shares a namespace of the node or between its containers', mode: 'enforce' },
  MCP504: { title: 'server unknown or ambiguous', mode: 'enforce' },
  MCP505: { title: 'port clash', mode: 'enforce' },
  MCP506: { title: 'label or annotation without effect', mode: 'enforce' },
  MCP507: { title: "goes around a gateway's own authorization", mode: 'enforce' },
  MCP508: { title: 'the same Secret also reaches another container', mode: 'warn' },
  MCP509: { title: "the app's proxy variables may bypass us", mode: 'warn' },
  MCP510: { title: 'pod older than its resource or its injector', mode: 'warn' },
  MCP511: { title: "operator's pod left alone", mode: 'audit' },
  MCP512: { title: 'credential over plain http through an egress proxy', mode: 'enforce' },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof codes;

export const codeEntry = (code: Code): CodeEntry => codes[code];
export const isCode = (text: string): text is Code => Object.hasOwn(codes, text);
