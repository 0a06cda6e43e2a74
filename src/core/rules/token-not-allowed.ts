import { matchesGlob } from '../glob.ts';
import { casOf, keyText, sourceText, tokensOf, type KeyRef, type McpServer } from '../model.ts';
import type { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { isForApiServer, type AllowedToken } from '../service-account-token.ts';
import { isPlainHttp, namesCa } from './ca-not-allowed.ts';
import { namesOrigin, originOf } from './origin-not-allowed.ts';
import { defineRule, report } from './rule.ts';
import { ownAudience } from './token-for-api-server.ts';

/**
 * A token of a ServiceAccount has no owner who could limit it, as a Secret has (MCP208, MCP210), so the configuration
 * does. One entry must allow everything: two that allow a part each are about two servers.
 */
export const tokenNotAllowed = defineRule({
  code: 'MCP215',
  title: 'service account token that the configuration does not allow',
  mode: 'enforce',
  needsFilledValue: true,
  securitySeverity: 8.0,
  ratchet: 'server',
  atPods: 'report',
  needs: 'object',
  check: (server, { tokenPolicy }) =>
    tokensOf(server).flatMap(({ header, token: { audience } }) => {
      const refusal = refusalOf(audience.value, server, tokenPolicy.allowed);
      if (!refusal) return [];
      const { part, what, fix } = refusal;
      return [
        report(refusal.at ?? audience.at, [header.name.toLowerCase(), audience.value, part], {
          what: `the token for audience ${shownName(audience.value)} in header ${shownName(header.name)} ${what}`,
          why: 'a host that receives it can act as the service account wherever that audience is accepted',
          fix: isForApiServer(audience.value, tokenPolicy) ? ownAudience : fix,
        }),
      ];
    }),
});

interface Refusal {
  readonly part: string;
  /** The audience's place, if left out. */
  readonly at?: Path;
  readonly what: string;
  readonly fix: string;
}

/** The first condition that none of the entries meets which meet those before it. */
function refusalOf(
  audience: string,
  server: McpServer,
  allowed: readonly AllowedToken[],
): Refusal | undefined {
  const { namespace } = server.owner;
  const origin = originOf(server);
  const forAudience = allowed.filter((entry) => matchesGlob(entry.audience, audience));
  const inNamespace = forAudience.filter(({ namespaces }) =>
    namespaces.some((name) => matchesGlob(name, namespace)),
  );
  if (inNamespace.length === 0)
    return {
      part: 'namespace',
      what:
        forAudience.length === 0
          ? 'is not among credentials.serviceAccountTokens of the configuration'
          : `is not allowed in namespace ${shownName(namespace)} by credentials.serviceAccountTokens of the configuration`,
      fix: `ask your platform team to add an entry with audience ${shownName(audience)}, namespace ${shownName(namespace)}${origin === undefined ? '' : ` and origin ${origin}`}; with lint, pass their configuration with --config`,
    };
  // What is wrong with the URL is MCP404's.
  if (origin === undefined) return undefined;
  const toOrigin = inNamespace.filter(({ origins }) => namesOrigin(origins, server));
  if (toOrigin.length === 0)
    return {
      part: 'origin',
      what: `may not be sent to ${origin}`,
      fix: `write the URL of the server that the token is for, or ask your platform team to add ${origin} to the origins of its entry`,
    };
  return caRefusal(server, toOrigin);
}

/** The CA decides which host proves to be the origin, so the author of the resource must not choose it. */
function caRefusal(server: McpServer, entries: readonly AllowedToken[]): Refusal | undefined {
  const { unverified } = server.tls;
  if (isPlainHttp(server)) return undefined;
  if (unverified)
    return {
      part: 'unverified',
      at: unverified.at,
      what: 'would be sent to a server whose certificate is not verified, which another host can replace',
      fix: "switch verification on; if the system's roots do not include the CA of the server, name the CA",
    };
  const cas = casOf(server.tls);
  const isAllowed = (ca: KeyRef, { cas: named }: AllowedToken) => namesCa(named, ca, server.owner.namespace);
  if (entries.some((entry) => cas.every((ca) => isAllowed(ca, entry)))) return undefined;
  const [first] = cas.filter((ca) => !entries.some((entry) => isAllowed(ca, entry)));
  const ca = first ?? cas[0];
  return (
    ca && {
      part: 'ca',
      at: ca.at,
      what: `may not be sent to a server that ${sourceText(ca.source)} verifies`,
      fix: `leave the CA out, so that the system's roots verify the server, or ask your platform team to add ${shownName(keyText(ca))} to the cas of the token's entry`,
    }
  );
}
