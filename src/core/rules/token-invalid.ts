import { tokensOf } from '../model.ts';
import { shownName } from '../printable.ts';
import { tokenProblems } from '../service-account-token.ts';
import { defineRule, report } from './rule.ts';

export const tokenInvalid = defineRule({
  code: 'MCP213',
  title: 'service account token with an invalid audience or lifetime',
  mode: 'enforce',
  needsFilledValue: true,
  atPods: 'refuse',
  needs: 'object',
  check: (server) =>
    tokensOf(server).flatMap(({ header, token }) =>
      tokenProblems(token).map(({ part, what, why, fix }) =>
        report(token[part].at, [header.name.toLowerCase(), part], {
          what: `${part} of the service account token in header ${shownName(header.name)} ${what}`,
          why,
          fix,
        }),
      ),
    ),
});
