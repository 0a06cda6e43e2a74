import type { Code } from '../codes.ts';
import type { CredentialNames } from '../credentials/index.ts';
import type { AccessFacts, Facts, LinkFacts } from '../facts.ts';
import { identity, type Finding } from '../finding.ts';
import type { McpServer } from '../model.ts';
import type { Path } from '../path.ts';
import { shownName } from '../printable.ts';

export interface RuleContext {
  readonly facts: Facts;
  readonly links: LinkFacts;
  readonly access: AccessFacts;
  /** Milliseconds since 1970, passed in: the core has no clock. */
  readonly now: number;
  readonly credentialNames: CredentialNames;
  /** A setting asks for an origin limit on every Secret, somewhere (MCP209). Not by default. */
  readonly requireUpstreams?: boolean;
}

/** One rule, one file. It looks at one server and what is known of its Secrets; it never fetches anything. */
export interface Rule {
  readonly code: Code;
  /** Rules that need the object alone run again when a pod asks for the server. */
  readonly needs: 'object' | 'facts';
  check(server: McpServer, context: RuleContext): Finding[];
}

interface Sentence {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** A server's name in a sentence. An endpoint's is usually a phrase from its kind's description: `the token endpoint`. */
export const serverText = ({ role, name }: McpServer): string =>
  role === 'endpoint' && /^[\w -]+$/.test(name) ? name : shownName(name);

/** `subject` is what the finding is about: a header's name, a Secret, a value's digest. */
export function finding(
  code: Code,
  server: McpServer,
  at: Path,
  subject: readonly string[],
  sentence: Sentence,
): Finding {
  return { code, at, ...sentence, identity: identity(code, server.name, ...subject) };
}
