import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { attempt, run } from '../cluster/processes.ts';
import { isThere } from '../cluster/requirements.ts';
import { pack } from '../support/pack.ts';
import { temporaryFolder, writeManifests } from './folder.ts';
import { goTool } from './tools.ts';

const folder = temporaryFolder('krew');
const manifest = path.join(folder, 'sallyport.yaml');
const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
  readonly version: string;
};
const writeManifest = (...args: string[]) =>
  attempt(process.execPath, ['--import', 'tsx', 'build/krew.ts', ...args], { cwd: repository });
let archive = '';

beforeAll(async () => {
  archive = await pack(folder);
  const { code, stdout, stderr } = await writeManifest(archive, 'https://git.example.com/acme/sallyport/');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  writeFileSync(manifest, stdout);
});

describe('the krew plugin', () => {
  it('names the archive of the release, and leaves nothing of the template', () => {
    const text = readFileSync(manifest, 'utf8');
    expect(text).toContain(
      `uri: https://git.example.com/acme/sallyport/releases/download/v${version}/sallyport-${version}.tgz\n`,
    );
    expect(text).not.toMatch(/REPOSITORY|VERSION|SHA256/);
  });

  it('needs an address for its manifest', async () => {
    expect(await writeManifest(archive, 'acme/sallyport')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('usage: npm run krew'),
    });
  });

  it("has a manifest that krew's own check accepts", async ({ skip }) => {
    const check = await goTool('sigs.k8s.io/krew/cmd/validate-krew-manifest', 'v0.4.3');
    if ('missing' in check) return skip(check.missing);
    const args = ['-manifest', manifest, '-skip-install'];
    expect(await attempt(check.path, args)).toMatchObject({ code: 0 });
  });

  it('is installed by krew from the npm package, and runs as a command of kubectl', async ({ skip }) => {
    const krew = await goTool('sigs.k8s.io/krew/cmd/krew', 'v0.4.3');
    if ('missing' in krew) return skip(krew.missing);
    const root = path.join(folder, 'krew-root');
    const user = path.join(folder, 'user');
    mkdirSync(user);
    writeManifests(user);
    const env = { KREW_ROOT: root, HOME: folder, PATH: `${path.join(root, 'bin')}:${process.env['PATH']}` };
    const installed = await run(krew.path, ['install', `--manifest=${manifest}`, `--archive=${archive}`], {
      env,
    });
    expect(installed).toBe('');
    expect(lstatSync(path.join(root, 'bin/kubectl-sallyport')).isSymbolicLink()).toBe(true);

    const lint = (command: string, ...args: string[]) =>
      attempt(command, [...args, 'lint', 'bad'], { cwd: user, env });
    const direct = await lint('kubectl-sallyport');
    expect(direct).toMatchObject({ code: 1, stdout: expect.stringContaining('MCP202') });
    if (isThere('kubectl'))
      expect(await lint('kubectl', 'sallyport')).toMatchObject({ code: 1, stdout: direct.stdout });
  });
});
