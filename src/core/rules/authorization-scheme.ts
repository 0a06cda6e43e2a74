import { factOf } from '../facts.ts';
import { sourceKey, sourceText } from '../model.ts';
import { shownName } from '../printable.ts';
import { shellName } from '../shell.ts';
import { defineRule, report } from './rule.ts';

/** RFC 9110, section 11.4: such a header holds a scheme, a space and the credential. */
const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization']);

export const authorizationScheme = defineRule({
  code: 'MCP212',
  title: 'Authorization value without a scheme',
  mode: 'warn',
  precision: 'high',
  atPods: 'ignore',
  throughLinks: 'target',
  needs: 'facts',
  check(server, { facts }) {
    if (!server.egressGateway) return [];
    return server.headers.flatMap(({ name, source }) => {
      if (!credentialHeaders.has(name.toLowerCase())) return [];
      if (source.kind !== 'key' || source.template !== '{value}') return [];
      const { ref } = source;
      const fact = factOf(facts, ref.source);
      if (ref.source.kind !== 'Secret' || fact.state !== 'present' || !fact.keys.get(ref.key)?.oneWord)
        return [];
      return [
        report(ref.keyAt, [sourceKey(ref.source), ref.key], {
          what: `the value of key ${JSON.stringify(ref.key)} in ${sourceText(ref.source)} is one word, and header ${shownName(name)} is sent with nothing before it`,
          why: 'a server that expects a scheme, such as Bearer, rejects the request',
          fix: `put the scheme before the credential (Bearer TOKEN), under stringData: kubectl -n ${shellName(ref.source.namespace)} edit secret ${shellName(ref.source.name)}; if the server expects the token alone, ask your platform team for an exemption`,
        }),
      ];
    });
  },
});
