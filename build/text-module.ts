import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

/** Which files a build turns into modules. */
export const isText = /\.(?:yaml|md)$/;

/**
 * Kind descriptions are YAML, the form users write too, and rules are explained by their page. A build turns
 * `import x from './x.yaml'` into a plain object (a list of them, where a file holds several documents) and `import x from './x.md'` into its text, so nothing is parsed when
 * the program starts and `core` needs no file system.
 */
export async function textToModule(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  return `export default ${JSON.stringify(path.extname(file) === '.md' ? text : documentsOf(text))};`;
}

function documentsOf(text: string): unknown {
  const documents = parseAllDocuments(text).map((document): unknown => document.toJS());
  return documents.length === 1 ? documents[0] : documents;
}
