import type { CredentialNames } from '../credentials/index.ts';
import type { AccessFacts, Facts, LinkFacts, UnknownCause } from '../facts.ts';
import type { McpServer } from '../model.ts';
import type { Path } from '../path.ts';
import type { TokenPolicy } from '../service-account-token.ts';
import { shownName } from '../printable.ts';
import type { AtPods, RuleMetadata } from './metadata.ts';

export interface RuleContext {
  readonly facts: Facts;
  readonly links: LinkFacts;
  readonly access: AccessFacts;
  /** Milliseconds since 1970, passed in: the core has no clock. */
  readonly now: number;
  readonly credentialNames: CredentialNames;
  readonly tokenPolicy: TokenPolicy;
}

/** One rule, one file: its metadata and its check. It looks at one server and what is known of its Secrets; it never fetches anything. */
export type Rule<Code extends string = string> = ObjectRule<Code> | FactRule<Code>;

interface BaseRule<Code extends string> extends RuleMetadata<Code> {
  readonly atPods: AtPods;
  check(server: McpServer, context: RuleContext): Report[];
}

/** Rules that need the object alone run again when a pod asks for the server. */
interface ObjectRule<Code extends string> extends BaseRule<Code> {
  readonly needs: 'object';
  /** It also judges the copy of the object that `kubectl apply` keeps in an annotation. */
  readonly inAppliedCopy?: true;
  /** It also judges what the containers of a pod are started with. */
  readonly inContainers?: true;
}

export interface FactRule<Code extends string = string> extends BaseRule<Code> {
  readonly needs: 'facts';
  /**
   * What it judges of an object that a resource names: the `target` as it is; the `destination`, that is, the target's
   * Secrets at the URL they are sent to from here; or `none`. An object that has a URL was judged as a destination when it
   * was written. One that has none leaves the destination to the resource that names it.
   */
  readonly throughLinks: 'target' | 'destination' | 'none';
}

/** What a rule says of a server. The code and the server become part of the finding outside the rule. */
export interface Report extends Sentence {
  readonly at: Path;
  /** What the finding is about, so that it is the same across an update: a header's name, a Secret, a value's digest. */
  readonly subject: readonly string[];
  /** As in a finding. */
  readonly pending?: string;
  /** As in a finding. */
  readonly undecided?: UnknownCause;
}

interface Sentence {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

export const defineRule = <const Code extends string>(rule: Rule<Code>): Rule<Code> => rule;

/** A server's name in a sentence. An endpoint's is usually a phrase from its kind's description: `the token endpoint`. */
export const serverText = ({ role, name }: McpServer): string =>
  role === 'endpoint' && /^[\w -]+$/.test(name) ? name : shownName(name);

/** `MCPServerEntry github`: the object that is judged, as the subject of a sentence. */
export const ownerText = ({ owner }: McpServer): string => `${owner.kind} ${shownName(owner.name)}`;

export const report = (at: Path, subject: readonly string[], sentence: Sentence): Report => ({
  at,
  subject,
  ...sentence,
});
