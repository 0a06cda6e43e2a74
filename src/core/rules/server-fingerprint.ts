import { createHash } from 'node:crypto';
import { references } from '../facts.ts';
import { identity } from '../identity.ts';
import { isKeyRef, sourceKey, type McpServer } from '../model.ts';

/**
 * Changes when the server's URL or any of its references does. A finding that carries it is the same across an
 * update only while nothing about the server's destination or credentials moved.
 */
export function serverFingerprint(server: McpServer): string {
  // Sorted: moving an entry in a list is not a change.
  const refs = references(server)
    .map((ref) => identity(sourceKey(ref.source), isKeyRef(ref) ? ref.key : ''))
    .toSorted();
  return createHash('sha256')
    .update(identity(server.url?.value.digest() ?? '', ...refs))
    .digest('hex');
}
