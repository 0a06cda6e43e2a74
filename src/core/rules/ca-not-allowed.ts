import { secretAnnotations } from '../annotations.ts';
import { factOf, failsClosed, type Facts, type Unknown } from '../facts.ts';
import {
  casOf,
  keyText,
  sourceKey,
  sourceText,
  type KeyRef,
  type McpServer,
  type SourceRef,
} from '../model.ts';
import type { Path } from '../path.ts';
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
  title: 'CA that the Secret does not allow',
  mode: 'enforce',
  securitySeverity: 8.0,
  ratchet: 'server',
  atPods: 'report',
  throughLinks: 'destination',
  needs: 'facts',
  check(server, { facts }) {
    const { unverified } = server.tls;
    const cas = casOf(server.tls);
    if ((cas.length === 0 && !unverified) || isPlainHttp(server)) return [];
    const limits = secretsOverTls(server).flatMap(({ source }) => limitOf(source, facts));
    return limits.flatMap((limit) => {
      if (unverified) return [found(limit, unverified.at, undefined)];
      // As many as a description has, not as many as an object likes.
      return cas
        .filter((ca) => !isOwnersChoice(ca, limit.source, limit.allowed))
        .map((ca) => found(limit, ca.at, ca));
    });
  },
});

function found({ source, unknown }: Limit, at: Path, ca: KeyRef | undefined): Report {
  const subject = [sourceKey(source), ca ? keyText(ca) : 'unverified'];
  const made = report(at, subject, unknown ? undecided(source, unknown) : refusal(source, ca));
  return unknown ? { ...made, undecided: unknown.cause } : made;
}

/** Without a CA, verification is off. */
function refusal(secret: SourceRef, ca: KeyRef | undefined) {
  const limited = `${sourceText(secret)} is limited to its origins by its owner`;
  if (!ca)
    return {
      what: `${limited}, and the server's certificate is not verified`,
      why: 'any host on the network path can receive the credential',
      fix: `switch verification on; if the system's roots do not include the server's CA, name the CA, and ask the Secret's owner to allow it in ${secretAnnotations.upstreamCas}`,
    };
  const command = annotateCommand(secret, secretAnnotations.upstreamCas, keyText(ca));
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
export function isPlainHttp({ url }: McpServer): boolean {
  const parsed = url && serverUrlOf(url.value);
  return parsed?.kind === 'valid' && parsed.url.protocol === 'http:';
}

/** A CA in the limited Secret itself is its owner's; any other one must be named in the annotation. */
const isOwnersChoice = (ca: KeyRef, secret: SourceRef, allowed: readonly string[]): boolean =>
  sourceKey(ca.source) === sourceKey(secret) || namesCa(allowed, ca, secret.namespace);

/** Whether a list of CAs has this one: those that it names are in the namespace. */
export const namesCa = (allowed: readonly string[], ca: KeyRef, namespace: string): boolean =>
  allowed.some(
    (text) => text === anyCa || (withKey(text) === keyText(ca) && ca.source.namespace === namespace),
  );

const anyCa = 'any';
const defaultKey = 'ca.crt';

/** `configmap/NAME` means its key `ca.crt`, as in the annotation `ca-configmap`. */
const withKey = (text: string): string => (/^[^/]+\/[^/]+$/.test(text) ? `${text}/${defaultKey}` : text);
