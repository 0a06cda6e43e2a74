import { references } from '../facts.ts';
import { isKeyRef, keysOf, sourceKey, type HeaderSource, type McpServer, type SourceRef } from '../model.ts';
import { shellName } from '../shell.ts';

/**
 * How to create a Secret that a server needs: what its values are, and a command that can be pasted. A file keeps the
 * credential out of the shell's history, and the line end of the file is not sent.
 */
export function createSecret(server: McpServer, source: SourceRef): string {
  const start = `kubectl -n ${shellName(source.namespace)} create secret`;
  if (server.tls.client && sourceKey(server.tls.client.source) === sourceKey(source))
    return `create it: ${start} tls ${shellName(source.name)} --cert=PATH --key=PATH`;
  const keys = [...keysFrom(server, source)];
  const files = keys.map((key) => ` --from-file=${shellName(key || 'KEY')}=PATH`).join('');
  const from = keys.length === 1 ? 'a file' : 'files';
  return `create it from ${from}${valueText(server, source, keys)}: ${start} generic ${shellName(source.name)}${files}`;
}

/** ` with the whole header value, such as Bearer TOKEN`, for headers that are sent as the Secret has them. */
export function valueText(server: McpServer, source: SourceRef, keys: readonly string[]): string {
  const name = sourceKey(source);
  if (server.headerSecrets.some((whole) => sourceKey(whole.source) === name))
    return ' with the whole value of each header, such as Bearer TOKEN, under its name as the key';
  const used = server.headers.filter((header) =>
    keysOf(header.source).some((ref) => sourceKey(ref.source) === name && keys.includes(ref.key)),
  );
  const [first] = used;
  if (!first) return '';
  const added = prefixOf(first.source);
  if (added !== undefined) return ` with the value without ${JSON.stringify(added)}, which is added to it`;
  if (first.source.kind === 'basic') return ' with the user name and the password';
  const bearer = used.some((header) => header.name.toLowerCase() === 'authorization');
  return ` with the whole header value${bearer ? ', such as Bearer TOKEN' : ''}`;
}

/** The text that is sent in front of the value, where there is any. */
function prefixOf(source: HeaderSource): string | undefined {
  const [before = ''] = source.kind === 'key' ? source.template.split('{value}') : [];
  return before.trim() === '' ? undefined : before.trim();
}

/** The keys that a server takes from a source; `KEY` for a whole one. */
function keysFrom(server: McpServer, source: SourceRef): ReadonlySet<string> {
  const name = sourceKey(source);
  return new Set(
    references(server)
      .filter((reference) => sourceKey(reference.source) === name)
      .map((reference) => (isKeyRef(reference) ? reference.key : 'KEY')),
  );
}
