import { isSensitiveName } from '../credentials/index.ts';
import { shownName } from '../printable.ts';
import { keysOf, sourceText } from '../model.ts';
import { shellName } from '../shell.ts';
import { defineRule, report } from './rule.ts';

export const configMapHeader = defineRule({
  code: 'MCP104',
  title: 'sensitive header taken from a ConfigMap',
  mode: 'enforce',
  securitySeverity: 6.5,
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check: (server, { credentialNames }) =>
    server.headers.flatMap(({ name, source }) => {
      if (!isSensitiveName(name, credentialNames)) return [];
      const fromMaps = keysOf(source).filter((ref) => ref.source.kind === 'ConfigMap');
      return fromMaps.map(({ source: map, key, at }) =>
        report(at, [name.toLowerCase(), map.name, key], {
          what: `the header ${shownName(name)} is taken from ${sourceText(map)}`,
          why: 'a ConfigMap is readable by far more people than a Secret, and is not encrypted at rest',
          fix: `put the value in a Secret and name that: kubectl -n ${shellName(map.namespace)} create secret generic ${shellName(map.name)} --from-file=${shellName(key || 'KEY')}=PATH`,
        }),
      );
    }),
});
