import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { attempt, run } from '../cluster/processes.ts';
import { pack } from '../support/pack.ts';
import { asYaml, remoteProxy } from '../support/webhook.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-package-'));
const user = mkdtempSync(path.join(folder, 'user-'));
const installed = path.join(user, 'node_modules/sallyport');
/** A user without a cache, a configuration or a network. */
const env = { npm_config_cache: path.join(folder, 'cache'), npm_config_offline: 'true', NO_COLOR: '1' };
const npx = (...args: string[]) => attempt('npx', ['--no', '--', ...args], { cwd: user, env });

beforeAll(async () => {
  writeFileSync(path.join(user, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', await pack(folder)], { cwd: user, env });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the npm package', () => {
  it('installs no other package', () => {
    const names = readdirSync(path.join(user, 'node_modules')).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(['sallyport']);
  });

  it('contains the program, its licences and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => statSync(path.join(installed, file)).isFile() && !file.startsWith('dist/chunks/'));
    expect(files.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-LICENSES',
      'dist/cli.mjs',
      'dist/worker.mjs',
      'package.json',
    ]);
  });

  it('contains no chunk that neither program imports', () => {
    const there = readdirSync(path.join(installed, 'dist/chunks')).map((name) => `chunks/${name}`);
    const imports = (file: string) => {
      const text = readFileSync(path.join(installed, 'dist', file), 'utf8');
      const names = [...text.matchAll(/"\.\/(?:chunks\/)?([\w-]+\.mjs)"/g)].map(
        ([, name]) => `chunks/${name}`,
      );
      return names.filter((name) => there.includes(name));
    };
    const reached = new Set<string>();
    const visit = (file: string): void => {
      for (const next of imports(file).filter((one) => !reached.has(one))) visit((reached.add(next), next));
    };
    for (const entry of ['cli.mjs', 'worker.mjs']) visit(entry);
    expect(there.length).toBeGreaterThan(5);
    expect(there.filter((file) => !reached.has(file))).toEqual([]);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as object & {
      readonly version: string;
    };
    expect(await npx('sallyport', '--version')).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  });

  it('lints a file with a finding', async () => {
    writeFileSync(path.join(user, 'objects.yaml'), asYaml([remoteProxy()]));
    const { code, stdout, stderr } = await npx('sallyport', 'lint', '--complete', 'objects.yaml');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('MCP201');
  });

  it('prints the help of a command that needs the bundled libraries', async () => {
    const { code, stdout, stderr } = await npx('sallyport', 'serve', '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--in-cluster');
  });

  it('is a plugin of kubectl', async () => {
    const { code, stdout } = await npx('kubectl-sallyport', 'kinds');
    expect(code).toBe(0);
    expect(stdout).toContain('mcpremoteproxies.toolhive.stacklok.dev');
  });

  it('lets no program import its files', async () => {
    const script = "import('sallyport/dist/cli.mjs').catch(({ code }) => console.log(code))";
    expect(await run(process.execPath, ['-e', script], { cwd: user })).toBe(
      'ERR_PACKAGE_PATH_NOT_EXPORTED\n',
    );
  });

  it('has the licence of every library, by name', () => {
    const text = readFileSync(path.join(installed, 'dist/THIRD-PARTY-LICENSES'), 'utf8');
    for (const name of ['@kubernetes/client-node', 'express', 'tr46', 'yaml', 'zod', 'gitleaks rules'])
      expect(text).toMatch(new RegExp(`^${name} \\S+ \\([\\w.-]+\\)\\n-{72}\\n\\S`, 'm'));
    // Each section has a text; the licence that no file of a package contains has the package's author.
    expect(text).toContain('Copyright (c) Sebastian Mayr');
    expect(text).not.toContain('@modelcontextprotocol');
  });
});

describe('npm publish', () => {
  it('refuses what is no tagged release, with every reason', async () => {
    const release = mkdtempSync(path.join(folder, 'release-'));
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: release });
    const write = (manifest: object, changelog: string) => {
      const scripts = { prepublishOnly: 'tsx build/publish-guard.ts' };
      writeFileSync(
        path.join(release, 'package.json'),
        JSON.stringify({ name: 'sallyport', ...manifest, scripts }),
      );
      writeFileSync(path.join(release, 'CHANGELOG.md'), changelog);
    };
    for (const name of ['node_modules', 'build'])
      symlinkSync(path.join(repository, name), path.join(release, name));
    writeFileSync(path.join(release, '.gitignore'), 'node_modules\nbuild\n');
    const publish = () => attempt('npm', ['publish', '--dry-run', '--tag', 'test'], { cwd: release, env });

    write({ version: '0.2.0-dev' }, '# Changelog\n\n## Unreleased\n');
    await git('init', '-q');
    await git('commit', '-q', '--allow-empty', '-m', 'start');
    const refused = await publish();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr.match(/^publish: .*/gm)).toEqual([
      'publish: package.json has the development version 0.2.0-dev; set the version of the release',
      'publish: CHANGELOG.md has no section "## 0.2.0-dev - DATE"',
      expect.stringContaining('publish: package.json has no repository'),
      'publish: the working tree has changes; commit them first',
      'publish: the commit has no tag v0.2.0-dev; run git tag v0.2.0-dev',
    ]);

    write(
      { version: '0.2.0', repository: 'https://git.example.com/a/b' },
      '# Changelog\n\n## 0.2.0 - 2026-12-01\n',
    );
    await git('add', '.');
    await git('commit', '-qm', 'release');
    await git('tag', 'v0.2.0');
    const accepted = await publish();
    expect(accepted.stderr).not.toContain('publish: ');
  });
});
