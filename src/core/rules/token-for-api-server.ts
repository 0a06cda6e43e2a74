import { tokensOf } from '../model.ts';
import { shownName } from '../printable.ts';
import { isForApiServer } from '../service-account-token.ts';
import { defineRule, report } from './rule.ts';

/** What to do instead, also where the configuration does not allow the token. */
export const ownAudience =
  "write an audience of the MCP server's own, such as its URL, and let the server accept that one alone";

export const tokenForApiServer = defineRule({
  code: 'MCP214',
  title: 'service account token for the API server',
  mode: 'enforce',
  securitySeverity: 9.0,
  ratchet: 'server',
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check: (server, { tokenPolicy }) =>
    tokensOf(server)
      .filter(({ token }) => isForApiServer(token.audience.value, tokenPolicy))
      .map(({ header, token: { audience } }) =>
        report(audience.at, [header.name.toLowerCase(), audience.value], {
          what: `audience ${shownName(audience.value)} of the token in header ${shownName(header.name)} is the API server's own`,
          why: 'the MCP server, and everything that records its requests, could use the token at the API server with all rights of the service account',
          fix: ownAudience,
        }),
      ),
});
