import { credentialsInUrl } from '../credentials/index.ts';
import { serverUrlOf } from '../server-url.ts';
import { plainText } from './plain-text.ts';
import { finding, type Rule } from './rule.ts';

const { what, why, fix } = plainText.MCP102;

export const urlCredential: Rule = {
  code: 'MCP102',
  needs: 'object',
  check(server, { credentialNames }) {
    if (!server.url) return [];
    const { value, at } = server.url;
    // A URL that cannot be called is MCP404's, but it may still carry a credential.
    const parsed = serverUrlOf(value);
    const url = 'url' in parsed ? parsed.url : looseUrl(value.reveal());
    const where = url ? credentialsInUrl(url, credentialNames) : [];
    if (where.length === 0) return [];
    return [
      finding('MCP102', server, at, [value.digest()], {
        what: `${what} (${where.join(', ')})`,
        why,
        fix: fix(),
      }),
    ];
  },
};

const looseUrl = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);
