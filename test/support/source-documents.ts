import { identityOf, type KubernetesObject, type SourceDocument } from '../../src/files/documents.ts';

/** Objects as the documents of one file, each at its first character. */
export const sourceDocuments = (
  objects: readonly unknown[],
  file = 'cluster.yaml',
): readonly SourceDocument[] =>
  (objects as readonly KubernetesObject[]).map((object) => ({
    file,
    identity: identityOf(object),
    object,
    position: () => ({ line: 1, column: 1 }),
  }));
