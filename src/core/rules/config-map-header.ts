import { isSensitiveName } from '../credentials.ts';
import { keysOf } from '../model.ts';
import { finding, type Rule } from './rule.ts';

export const configMapHeader: Rule = {
  code: 'MCP104',
  needs: 'object',
  check: (server, { credentialNames }) =>
    server.headers.flatMap(({ name, source }) => {
      if (!isSensitiveName(name, credentialNames)) return [];
      const fromMaps = keysOf(source).filter((ref) => ref.source.kind === 'ConfigMap');
      return fromMaps.map(({ source: map, key, at }) =>
        finding('MCP104', server, at, [name.toLowerCase(), map.name, key], {
          what: `the header ${name} is taken from ConfigMap ${map.namespace}/${map.name}`,
          why: 'a ConfigMap is readable by far more people than a Secret, and is not encrypted at rest',
          fix: `put the value in a Secret and name that: kubectl -n ${map.namespace} create secret generic ${map.name} --from-file=${key || 'KEY'}=PATH`,
        }),
      );
    }),
};
