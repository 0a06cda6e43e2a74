import { secretAnnotations } from '../annotations.ts';
import { factOf } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { sourceKey, sourceText, type KeyRef, type McpServer, type SourceRef } from '../model.ts';
import { serverUrlOf } from '../server-url.ts';
import { annotateCommand } from './annotate-command.ts';
import { finding, type Rule } from './rule.ts';
import { secretsOverTls } from './sent-secrets.ts';
import { serverFingerprint } from './server-fingerprint.ts';

/**
 * A Secret's owner who limits its origins trusts what proves that a server is one of them. The author of a resource who
 * names another CA, or no verification, decides that instead, and an egress proxy with a certificate of that CA receives
 * the credential.
 */
export const caNotAllowed: Rule = {
  code: 'MCP210',
  needs: 'facts',
  check(server, { facts }) {
    const { ca, unverified } = server.tls;
    if ((!ca && !unverified) || isPlainHttp(server)) return [];
    const limited = secretsOverTls(server).flatMap(({ source }) => {
      const fact = factOf(facts, source);
      return fact.state === 'present' && fact.upstreams ? [{ source, allowed: fact.upstreamCas ?? [] }] : [];
    });
    if (limited.length === 0) return [];
    const fingerprint = serverFingerprint(server);
    return limited.flatMap(({ source, allowed }): Finding[] => {
      const limits = `${sourceText(source)} is limited to its origins by its owner`;
      if (unverified)
        return [
          finding('MCP210', server, unverified.at, [sourceKey(source), fingerprint, 'unverified'], {
            what: `${limits}, and the server's certificate is not verified`,
            why: 'any host on the way can receive the credential',
            fix: `switch verification on; where the system's roots do not include the server's CA, name it, and have the Secret's owner allow it in ${secretAnnotations.upstreamCas}`,
          }),
        ];
      if (!ca || isOwnersChoice(ca, source, allowed)) return [];
      const written = writtenAs(ca);
      return [
        finding('MCP210', server, ca.at, [sourceKey(source), fingerprint, written], {
          what: `${limits}, and ${sourceText(ca.source)} adds a CA that its owner does not allow`,
          why: 'with a certificate of that CA, another host or an egress proxy can receive the credential',
          fix: `leave the CA out, so that the system's roots verify the server, or run ${annotateCommand(source, secretAnnotations.upstreamCas, written)} as the Secret's owner`,
        }),
      ];
    });
  },
};

/** There is no certificate to verify. The origin limit itself (MCP208) says whether plain http is allowed. */
function isPlainHttp({ url }: McpServer): boolean {
  const parsed = url && serverUrlOf(url.value);
  return parsed !== undefined && 'url' in parsed && parsed.url.protocol === 'http:';
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
