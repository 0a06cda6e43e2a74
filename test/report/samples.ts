import { readFileSync } from 'node:fs';
import { runSallyport } from '../support/terminal.ts';

/**
 * The bad examples of docs/rules.md about resources: findings of nearly every rule, as one stream of YAML. Each is in a
 * namespace of its own.
 */
export const badExamples: string = [
  ...readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8').matchAll(
    /^Bad(?: \([^\n]*\))?:\n\n```yaml\n([^]*?)```$/gm,
  ),
]
  .map(([, yaml = ''], index) => yaml.replaceAll('namespace: tools', `namespace: tools-${index}`))
  .join('---\n');

export const reportOf = async (
  command: 'lint' | 'audit',
  output: string,
  stdin = badExamples,
): Promise<string> => (await runSallyport([command, '-', '-o', output], { stdin })).out;

export const proxy = (name: string, spec: string): string =>
  `apiVersion: toolhive.stacklok.dev/v1beta1\nkind: MCPRemoteProxy\nmetadata: { name: ${name}, namespace: tools }\nspec: ${spec}\n`;

export const plainHeader = (name: string): string =>
  proxy(
    name,
    '{ remoteUrl: https://api.example.com/mcp, headerForward: { addPlaintextHeaders: { Authorization: Bearer abcdef } } }',
  );
