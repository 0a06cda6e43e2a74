import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { repository } from './cache.ts';
import { Kubectl } from './kubectl.ts';

/** kubectl finds its plugins, and what completes them, on the PATH. */
describe('kubectl with Sallyport as its plugin', () => {
  const kubectl = new Kubectl(inject('cluster'));
  let folder = '';
  const call = (...args: string[]) =>
    kubectl.try(args, '', { PATH: `${folder}${path.delimiter}${process.env['PATH'] ?? ''}` });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sallyport-plugin-'));
    const program = `#!/bin/sh\nexec '${process.execPath}' '${path.join(repository, 'dist/cli.mjs')}' "$@"\n`;
    const { stdout: completion } = await kubectl.sallyport('completion', 'kubectl');
    for (const [name, text] of [
      ['kubectl-sallyport', program],
      ['kubectl_complete-sallyport', completion],
    ] as const) {
      await writeFile(path.join(folder, name), text);
      await chmod(path.join(folder, name), 0o755);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs its commands', async () => {
    expect(await call('sallyport', 'explain', 'MCP101')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('credential in plain text in a header'),
      stderr: '',
    });
  });

  it.each([
    ['a command', ['expl'], ['explain']],
    ['an option', ['lint', '--seve'], ['--severity']],
    ['the value of an option', ['lint', '--output', 'sar'], ['sarif']],
    ['a rule', ['explain', 'MCP10'], ['MCP101', 'MCP102', 'MCP103', 'MCP104', 'MCP105', 'MCP106']],
  ])('completes %s', async (_what, words, expected) => {
    const { code, stdout } = await call('__complete', 'sallyport', ...words);
    expect(code).toBe(0);
    const offered = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
    expect(offered.map((line) => line.split('\t')[0])).toEqual(expected);
  });
});
