import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { attempt, run } from '../cluster/processes.ts';
import { temporaryFolder, writeManifests } from './folder.ts';
import { registryEnvironment, release } from './registry.ts';
import { pythonTool, type Tool } from './tools.ts';

const folder = temporaryFolder('pre-commit');
const tool: Tool = await pythonTool('pre-commit', '4.7.0');
const preCommit = 'path' in tool ? tool.path : '';
const env = { PRE_COMMIT_HOME: path.join(folder, 'home'), PRE_COMMIT_COLOR: 'never' };

/** A Git repository with a good and a bad manifest in its index. */
async function userRepository(): Promise<string> {
  const user = mkdtempSync(path.join(folder, 'user-'));
  writeManifests(user);
  mkdirSync(path.join(user, 'notes'));
  writeFileSync(path.join(user, 'notes/readme.md'), 'no YAML\n');
  await run('git', ['init', '-q'], { cwd: user });
  await run('git', ['add', '.'], { cwd: user });
  return user;
}

describe.skipIf('missing' in tool)('pre-commit', () => {
  const page = readFileSync(path.join(repository, 'docs/ci.md'), 'utf8');
  const configurations = [...page.matchAll(/```yaml\n(repos:[\s\S]*?)```/g)].map(([, text = '']) => text);
  let registry: Readonly<Record<string, string>> = {};
  let published = '';

  beforeAll(async () => {
    registry = await registryEnvironment(folder);
    // The release of this repository: pre-commit reads .pre-commit-hooks.yaml of a tag.
    published = mkdtempSync(path.join(folder, 'published-'));
    copyFileSync(
      path.join(repository, '.pre-commit-hooks.yaml'),
      path.join(published, '.pre-commit-hooks.yaml'),
    );
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: published });
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', 'release');
    await git('tag', `v${release}`);
  });

  it.each([
    ['the hook of this repository', 0],
    ['a local hook with the npm package', 1],
  ])('runs %s as docs/ci.md shows it', async (_what, index) => {
    const user = await userRepository();
    const configuration =
      configurations[index]?.replace('https://github.com/OWNER/sallyport', published) ?? '';
    writeFileSync(path.join(user, '.pre-commit-config.yaml'), configuration);
    await run('git', ['add', '.'], { cwd: user });
    const hook = (...files: string[]) =>
      attempt(preCommit, ['run', '--files', ...files], { cwd: user, env: { ...env, ...registry } });
    const bad = await hook('bad/proxy.yaml', 'good/proxy.yaml', 'notes/readme.md');
    expect(bad.stdout).toContain('MCP202');
    expect(bad.stdout).toContain('exit code: 1');
    expect(bad.code).toBe(1);
    expect((await hook('good/proxy.yaml')).stdout).toMatch(/lint MCP resources\.*Passed/);
    expect((await hook('notes/readme.md')).stdout).toContain('(no files to check)Skipped');
  });
});
