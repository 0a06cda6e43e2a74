import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

export interface Expression {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
  /** The code searches for all matches, not only the first: `split`, `replaceAll`, `matchAll`. */
  readonly everywhere: boolean;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Yields a node and every node below it, each with its parent. */
function* nodesOf(node: Node, above?: Node): Generator<readonly [Node, Node | undefined]> {
  yield [node, above];
  for (const value of Object.values(node))
    for (const below of Array.isArray(value) ? (value as unknown[]) : [value])
      if (isNode(below)) yield* nodesOf(below, node);
}

const methodOf = (call: Node | undefined): unknown => {
  const callee = call?.['callee'];
  const property = isNode(callee) ? callee['property'] : undefined;
  return isNode(property) ? property['name'] : undefined;
};

const isBuilt = (node: Node): boolean =>
  (node.type === 'NewExpression' || node.type === 'CallExpression') &&
  isNode(node['callee']) &&
  node['callee']['name'] === 'RegExp';

/** Returns the expressions that a folder's TypeScript holds, and the files that call `RegExp`. */
export async function expressionsBelow(
  folder: string,
): Promise<{ readonly written: readonly Expression[]; readonly building: readonly string[] }> {
  const files = (await readdir(folder, { recursive: true }))
    .filter((file) => file.endsWith('.ts'))
    .toSorted();
  const written: Expression[] = [];
  const building: string[] = [];
  for (const name of files) {
    const file = path.posix.join(folder, name);
    const { program, errors } = parseSync(file, await readFile(file, 'utf8'));
    if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
    const nodes = [...nodesOf(program as unknown as Node)];
    if (nodes.some(([node]) => isBuilt(node))) building.push(file);
    for (const [node, above] of nodes) {
      const regex = node['regex'] as { readonly pattern: string; readonly flags: string } | undefined;
      if (node.type !== 'Literal' || !regex) continue;
      const { pattern: source, flags } = regex;
      written.push({ file, source, flags, everywhere: flags.includes('g') || methodOf(above) === 'split' });
    }
  }
  return { written, building };
}
