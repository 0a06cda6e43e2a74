import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

/** What a shell is offered for the last word, as its completion script asks. */
async function offered(...words: string[]): Promise<string[]> {
  const { code, out, err } = await runSallyport([
    '__complete',
    `word:${words.at(-1)}`,
    ...words.slice(0, -1),
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] ?? '');
}

describe('completion', () => {
  it('offers every command and help, then what begins like the word', async () => {
    expect(await offered('')).toEqual([
      ...commands.map(({ name }) => name).filter((name) => !name.includes(' ')),
      'help',
    ]);
    expect(await offered('li')).toEqual(['lint']);
    expect(await offered('help', 'exp')).toEqual(['explain']);
  });

  it('offers the options of the command, with the global ones', async () => {
    expect(await offered('lint', '--co')).toEqual(['--complete', '--context', '--config']);
    expect(await offered('lint', 'a.yaml', '--no')).toEqual(['--no-color']);
    expect(await offered('--v')).toEqual(['--version']);
    expect(await offered('kinds', '--context')).toEqual([]);
  });

  it('offers the values of an option, in each way to write them', async () => {
    const formats = ['text', 'json', 'sarif', 'junit'];
    expect(await offered('lint', '--output', '')).toEqual(formats);
    expect(await offered('lint', '-o', '')).toEqual(formats);
    expect(await offered('lint', '--output', '=', '')).toEqual(formats);
    expect(await offered('lint', '--output=j')).toEqual(['--output=json', '--output=junit']);
    expect(await offered('audit', '--severity', 'e')).toEqual(['error']);
  });

  it('leaves files to the shell, and offers nothing for a name that only a cluster knows', async () => {
    expect(await offered('lint', '')).toEqual([':files']);
    expect(await offered('lint', '--config', '')).toEqual([':files']);
    expect(await offered('audit', '--cluster', '')).toEqual([':files']);
    expect(await offered('lint', '--context', '')).toEqual([]);
    expect(await offered('kinds', '')).toEqual(['try', 'coverage', 'manifests']);
  });

  it('offers rule codes and labels for explain, and shells for completion', async () => {
    const words = await offered('explain', '');
    expect(words).toContain('MCP201');
    expect(words).toContain('sallyport.dev/servers');
    for (const word of words) expect((await runSallyport(['explain', word])).code).toBe(0);
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish', 'powershell', 'kubectl']);
  });

  it('rejects a shell that it has no script for', async () => {
    expect(await runSallyport(['completion', 'tcsh'])).toEqual({
      code: 2,
      out: '',
      err: 'sallyport completion takes one of bash, zsh, fish, powershell and kubectl, but got "tcsh" (sallyport completion --help)\n',
    });
  });
});

describe('kubectl_complete-sallyport', () => {
  /** What the program prints for kubectl, with a kubectl-sallyport that prints `candidates` and its arguments. */
  async function completed(candidates: string, words: readonly string[]): Promise<string> {
    const folder = tempFolder();
    const { out } = await runSallyport(['completion', 'kubectl']);
    const program = path.join(folder, 'kubectl_complete-sallyport');
    writeFileSync(program, out, { mode: 0o755 });
    const plugin = `#!/usr/bin/env bash\nprintf '%s\\n' "$@" > ${folder}/words\nprintf '%s' ${candidates}\n`;
    writeFileSync(path.join(folder, 'kubectl-sallyport'), plugin, { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
    const printed = execFileSync(program, words, { env, encoding: 'utf8' });
    return `${readFileSync(path.join(folder, 'words'), 'utf8')}=> ${printed}`;
  }

  it('passes the word at the cursor first, and ends the candidates with 4, so that no files are offered', async () => {
    expect(await completed(`$'lint\\tcheck\\nlist\\t\\n'`, ['--quiet', 'li'])).toBe(
      '__complete\nword:li\n--quiet\n=> lint\tcheck\nlist\t\n:4\n',
    );
  });

  it('ends with 0 where the shell offers files', async () => {
    expect(await completed(`$':files\\n'`, ['lint', ''])).toBe('__complete\nword:\nlint\n=> :0\n');
  });

  it('offers nothing where there is no candidate', async () => {
    expect(await completed(`''`, ['lint', '--context', ''])).toBe(
      '__complete\nword:\nlint\n--context\n=> :4\n',
    );
  });
});
