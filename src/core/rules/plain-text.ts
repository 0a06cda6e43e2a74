/** What is said of a credential in plain text, wherever it stands: by the rules, and by the API server itself (floor/). */

const exemption = 'if it is no credential, ask your platform team for an exemption';

export const plainText = {
  MCP101: {
    what: 'a credential is written in plain text',
    why: 'everybody who can read this object, its backups and its Git history can use it',
    fix: (instead: string | undefined) =>
      `put the value in a Secret, name it ${instead === undefined ? 'from a field that takes a Secret' : `under ${instead}`}, and revoke this one; ${exemption}`,
  },
  MCP102: {
    what: 'the URL carries a credential',
    why: 'URLs end up in logs, proxies and error messages, and everybody who can read this object can use it',
    fix: () => 'take it out of the URL, send it as a header from a Secret, and revoke this one',
  },
  MCP103: {
    what: 'a credential is written in plain text',
    why: 'everybody who can read this object, the pods made from it or their backups can use it',
    fix: (instead: string | undefined) =>
      `put the value in a Secret${instead === undefined ? '' : `, name it under ${instead}`}, and revoke this one; ${exemption}`,
  },
  MCP105: {
    what: 'a text holds a credential',
    why: 'everybody who can read this object, its backups and its Git history can use it',
    fix: () => `remove it, revoke it, and put the new one in a Secret; ${exemption}`,
  },
  MCP106: {
    what: 'this value may be a credential: it looks random',
    why: 'everybody who can read this object, its backups and its Git history can use what is written here',
    fix: (instead: string | undefined) =>
      `if it is a credential, put it in a Secret${instead === undefined ? '' : `, name it under ${instead}`}, and revoke this one; ${exemption}`,
  },
} as const;
