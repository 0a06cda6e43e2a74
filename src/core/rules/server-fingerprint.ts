import { createHash } from 'node:crypto';
import { references } from '../facts.ts';
import { identity } from '../identity.ts';
import { isKeyRef, sourceKey, tokensOf, type McpServer } from '../model.ts';

/**
 * Changes when the server's URL, any of its references or the audience of a token does. A finding that carries it is the same across an
 * update only while nothing about the server's destination or credentials moved.
 */
export function serverFingerprint(server: McpServer): string {
  // Sorted: moving an entry in a list is not a change.
  const refs = [
    ...references(server).map((ref) => identity(sourceKey(ref.source), isKeyRef(ref) ? ref.key : '')),
    ...tokensOf(server).map(({ token }) => identity('token', token.audience.value)),
  ].toSorted();
  return createHash('sha256')
    .update(identity(server.url?.value.digest() ?? '', ...refs))
    .digest('hex');
}
