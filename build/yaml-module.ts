import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/**
 * Kind descriptions are YAML, the form users write too. A build turns `import x from './x.yaml'` into a plain
 * object, so nothing is parsed when the program starts and `core` needs no file system.
 */
export async function yamlToModule(file: string): Promise<string> {
  return `export default ${JSON.stringify(parse(await readFile(file, 'utf8')))};`;
}
