import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { attempt, run, type Ran } from '../cluster/processes.ts';
import { pack } from '../support/pack.ts';
import { temporaryFolder, writeManifests } from './folder.ts';
import { registryEnvironment, release } from './registry.ts';
import { goTool } from './tools.ts';

interface Step {
  readonly name: string;
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}
const action = parse(readFileSync(path.join(repository, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly Step[] };
};
const [install, lint, upload] = action.runs.steps as [Step, Step, Step];
const folder = temporaryFolder('action');
const runnerTemp = path.join(folder, 'runner');
let registry: Readonly<Record<string, string>> = {};

/** Where a runner has the action, at a commit of this version. */
function checkoutOf(version: string) {
  const checkout = mkdtempSync(path.join(folder, 'checkout-'));
  writeFileSync(path.join(checkout, 'package.json'), JSON.stringify({ version }));
  return { GITHUB_ACTION_PATH: checkout };
}

interface Job extends Ran {
  readonly outputs: string;
  readonly summary: string;
}

/** Runs a step as a runner does: the inputs are in its environment alone. */
async function runStep(
  step: Step,
  inputs: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<Job> {
  const files = mkdtempSync(path.join(folder, 'step-'));
  const [script, outputs, summary] = ['script.sh', 'outputs', 'summary'].map((name) =>
    path.join(files, name),
  ) as [string, string, string];
  writeFileSync(script, step.run ?? '');
  const env = Object.fromEntries(
    Object.entries(step.env ?? {}).map(([name, expression]) => {
      const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1] ?? expression;
      return [name, inputs[input] ?? action.inputs[input]?.default ?? `no input ${input}`];
    }),
  );
  const ran = await attempt('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    cwd: path.join(folder, 'user'),
    env: {
      ...env,
      RUNNER_TEMP: runnerTemp,
      GITHUB_ACTION_PATH: repository,
      GITHUB_OUTPUT: outputs,
      GITHUB_STEP_SUMMARY: summary,
      ...registry,
      ...more,
    },
  });
  const text = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return { ...ran, outputs: text(outputs), summary: text(summary) };
}

beforeAll(async () => {
  mkdirSync(runnerTemp);
  writeManifests(path.join(folder, 'user'));
  registry = await registryEnvironment(folder);
  const { code, stderr } = await runStep(install, {}, checkoutOf(release));
  expect({ code, stderr }).toMatchObject({ code: 0 });
});

describe('the GitHub action', () => {
  it('passes no input into the text of a script, and pins the action that it uses', () => {
    for (const { run: script, env } of action.runs.steps) {
      expect(script ?? '').not.toContain('${{');
      for (const value of Object.values(env ?? {}))
        expect(action.inputs).toHaveProperty([value.slice(11, -3)]);
    }
    expect(upload.uses).toMatch(/^github\/codeql-action\/upload-sarif@[0-9a-f]{40}$/);
  });

  it('annotates a finding with its place, counts it, and fails', async () => {
    const { code, stdout, outputs, summary } = await runStep(lint, { paths: 'good\nbad\n' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=bad\/proxy\.yaml,line=\d+,col=\d+,title=MCP202::.*github-token/m);
    expect(stdout).not.toContain('file=good');
    expect(outputs).toContain('errors=1\nwarnings=0\n');
    const report = /^sarif-file=(.*)$/m.exec(outputs)?.[1] ?? '';
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ version: '2.1.0' });
    expect(summary).toMatch(/\| error \| MCP202 \| bad\/proxy\.yaml:\d+ \|/);
  });

  it('passes when there is nothing to report', async () => {
    const { code, stdout } = await runStep(lint, { paths: 'good', complete: 'true' });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/^::(?:error|warning|notice)/m);
  });

  it.each([
    ['error', 'enforce', 1],
    ['never', 'enforce', 0],
    ['error', 'warn', 0],
    ['warning', 'warn', 1],
  ])('with fail-on %s and the rule on %s ends with %d', async (failOn, mode, expected) => {
    const config = path.join(folder, `${mode}.yaml`);
    const rules = `{ modes: { rules: { MCP202: ${mode} } } }`;
    writeFileSync(config, `{ apiVersion: sallyport.dev/v1, kind: Configuration, ${rules.slice(2)}\n`);
    const { code, stdout } = await runStep(lint, { paths: 'bad', config, 'fail-on': failOn });
    expect(stdout).toContain(mode === 'warn' ? '::warning ' : '::error ');
    expect(code).toBe(expected);
  });

  it('fails when an input cannot be used, whatever fail-on says', async () => {
    const missing = await runStep(lint, { paths: 'nowhere', 'fail-on': 'never' });
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('nowhere');
    expect((await runStep(lint, { 'fail-on': 'sometimes' })).stdout).toContain(
      'it must be error, warning or never',
    );
    expect((await runStep(lint, { paths: ' \n' })).stdout).toContain(
      '::error::the input paths names no file',
    );
  });

  it('runs nothing and reports nothing that a name or a text smuggles in', async () => {
    const name = '-$(touch pwned) `touch pwned`;touch pwned,line=9:x.yaml';
    copyFileSync(path.join(folder, 'user/bad/proxy.yaml'), path.join(folder, 'user', name));
    const { code, stdout } = await runStep(lint, { paths: name });
    expect(code).toBe(1);
    expect(existsSync(path.join(folder, 'user/pwned'))).toBe(false);
    expect(stdout.match(/^::error /gm)).toHaveLength(1);
    expect(stdout).toContain('touch pwned%2Cline=9%3Ax.yaml,line=');
    const hostile = await runStep(lint, {
      paths: 'no\u2028::error::smuggled',
      namespace: 'a\n::error::smuggled',
    });
    const commands = hostile.stdout.split('\n').filter((line) => line.startsWith('::error'));
    expect(commands.filter((line) => line.startsWith('::error::smuggled'))).toEqual([]);
  });

  it('says what to do on a runner with an old Node.js, and at a commit that is no release', async () => {
    const old = mkdtempSync(path.join(folder, 'old-'));
    writeFileSync(path.join(old, 'node'), '#!/bin/sh\n[ "$1" = --version ] && echo v18.20.0\nexit 1\n', {
      mode: 0o755,
    });
    const refused = await runStep(install, {}, { PATH: `${old}:${process.env['PATH']}` });
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('this runner has v18.20.0') });

    const development = await runStep(install, {}, checkoutOf('9.9.9-dev'));
    expect(development).toMatchObject({ code: 1, stdout: expect.stringContaining('set the input version') });
    // Without a registry: the archive of the package.
    const archive = await pack(folder);
    const offline = { npm_config_offline: 'true', RUNNER_TEMP: mkdtempSync(path.join(folder, 'offline-')) };
    expect(await runStep(install, { version: archive }, offline)).toMatchObject({ code: 0 });
  });

  it('is used correctly in docs/ci.md, says actionlint', async ({ skip }) => {
    const actionlint = await goTool('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12');
    if ('missing' in actionlint) return skip(actionlint.missing);
    const page = readFileSync(path.join(repository, 'docs/ci.md'), 'utf8');
    const workflow = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map(([, text = '']) => text)
      .find((text) => /^jobs:/m.test(text));
    const user = mkdtempSync(path.join(folder, 'workflow-'));
    mkdirSync(path.join(user, '.github/workflows'), { recursive: true });
    copyFileSync(path.join(repository, 'action.yml'), path.join(user, 'action.yml'));
    await run('git', ['init', '-q'], { cwd: user });
    const check = (text: string) => {
      writeFileSync(
        path.join(user, '.github/workflows/lint.yml'),
        text.replace(/OWNER\/sallyport@\S+/, './'),
      );
      return attempt(actionlint.path, ['-no-color', '-shellcheck='], { cwd: user });
    };
    expect(await check(workflow ?? '')).toEqual({ code: 0, stdout: '', stderr: '' });
    // It reads action.yml: an input that the action does not have is an error.
    expect((await check((workflow ?? '').replace('paths:', 'path:'))).stdout).toContain(
      'input "path" is not defined',
    );
  });
});
