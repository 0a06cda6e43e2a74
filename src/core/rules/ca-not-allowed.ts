import { secretAnnotations } from '../annotations.ts';
import { factOf, failsClosed, type Facts, type Unknown } from '../facts.ts';
import { sourceKey, sourceText, type KeyRef, type McpServer, type SourceRef } from '../model.ts';
import { serverUrlOf } from '../server-url.ts';
import { annotateCommand } from './annotate-command.ts';
import { defineRule, report, type Report } from './rule.ts';
import { secretsOverTls } from './sent-secrets.ts';
import { fixFor } from './undecided.ts';

/**
 * A Secret's owner who limits its origins trusts what proves that a server is one of them. The author of a resource who
 * names another CA, or no verification, decides that instead, and an egress proxy with a certificate of that CA receives
 * the credential.
 */
export const caNotAllowed = defineRule({
  code: 'MCP210',
  title: 'CA not among those the Secret allows',
  mode: 'enforce',
  securitySeverity: 8.0,
  ratchet: 'server',
  atPods: 'report',
  throughLinks: 'destination',
  needs: 'facts',
  check(server, { facts }) {
    const { ca, unverified } = server.tls;
    if ((!ca && !unverified) || isPlainHttp(server)) return [];
    const limits = secretsOverTls(server)
      .flatMap(({ source }) => limitOf(source, facts))
      .filter(({ source, allowed }) => unverified || (ca && !isOwnersChoice(ca, source, allowed)));
    if (limits.length === 0) return [];
    const chosen = unverified ? 'unverified' : ca ? writtenAs(ca) : '';
    const at = unverified?.at ?? ca?.at ?? server.at;
    return limits.map(({ source, unknown }): Report => {
      const sentence = unknown ? undecided(source, unknown) : refusal(source, unverified ? undefined : ca);
      const found = report(at, [sourceKey(source), chosen], sentence);
      return unknown ? { ...found, undecided: unknown.cause } : found;
    });
  },
});

/** Without a CA, verification is off. */
function refusal(secret: SourceRef, ca: KeyRef | undefined) {
  const limited = `${sourceText(secret)} is limited to its origins by its owner`;
  if (!ca)
    return {
      what: `${limited}, and the server's certificate is not verified`,
      why: 'any host on the network path can receive the credential',
      fix: `switch verification on; if the system's roots do not include the server's CA, name the CA, and ask the Secret's owner to allow it in ${secretAnnotations.upstreamCas}`,
    };
  const command = annotateCommand(secret, secretAnnotations.upstreamCas, writtenAs(ca));
  return {
    what: `${limited}, and ${sourceText(ca.source)} adds a CA that its owner does not allow`,
    why: 'with a certificate of that CA, another host or an egress proxy can receive the credential',
    fix: `leave the CA out, so that the system's roots verify the server, or run ${command} as the Secret's owner`,
  };
}

const undecided = (secret: SourceRef, unknown: Unknown) => ({
  what: `whether ${sourceText(secret)} may be sent to a server that the system's roots do not verify is not known: ${unknown.why}`,
  why: `its owner may have limited it to origins, and allowed no other CA, in the annotations ${secretAnnotations.upstreams} and ${secretAnnotations.upstreamCas}`,
  fix: fixFor(unknown),
});

interface Limit {
  readonly source: SourceRef;
  readonly allowed: readonly string[];
  /** Whether there is one at all could not be read. */
  readonly unknown?: Unknown;
}

function limitOf(source: SourceRef, facts: Facts): Limit[] {
  const fact = factOf(facts, source);
  if (fact.state === 'present') return fact.upstreams ? [{ source, allowed: fact.upstreamCas ?? [] }] : [];
  return failsClosed(fact) ? [{ source, allowed: [], unknown: fact }] : [];
}

/** There is no certificate to verify. The origin limit itself (MCP208) says whether plain http is allowed. */
function isPlainHttp({ url }: McpServer): boolean {
  const parsed = url && serverUrlOf(url.value);
  return parsed?.kind === 'valid' && parsed.url.protocol === 'http:';
}

/** A CA in the limited Secret itself is its owner's; any other one must be named in the annotation. */
const isOwnersChoice = (ca: KeyRef, secret: SourceRef, allowed: readonly string[]): boolean =>
  sourceKey(ca.source) === sourceKey(secret) ||
  allowed.some(
    (text) => text === anyCa || (withKey(text) === writtenAs(ca) && ca.source.namespace === secret.namespace),
  );

const anyCa = 'any';
const defaultKey = 'ca.crt';

/** `configmap/internal-ca/ca.crt`, as the annotation names it. */
const writtenAs = ({ source, key }: KeyRef): string => `${source.kind.toLowerCase()}/${source.name}/${key}`;

/** `configmap/NAME` means its key `ca.crt`, as in the annotation `ca-configmap`. */
const withKey = (text: string): string => (/^[^/]+\/[^/]+$/.test(text) ? `${text}/${defaultKey}` : text);
