import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { attempt } from '../cluster/processes.ts';
import { temporaryFolder, writeManifests } from './folder.ts';
import { registryEnvironment } from './registry.ts';

const file = path.join(repository, 'packaging/gitlab/sallyport.gitlab-ci.yml');
const { sallyport: job } = parse(readFileSync(file, 'utf8')) as {
  readonly sallyport: {
    readonly variables: Readonly<Record<string, string>>;
    readonly script: readonly string[];
    readonly artifacts: { readonly when: string; readonly reports: { readonly junit: string } };
  };
};
const folder = temporaryFolder('gitlab');
const user = path.join(folder, 'user');
let registry: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  mkdirSync(user);
  writeManifests(user);
  registry = await registryEnvironment(folder);
});

/** Runs the job as a runner with bash does. */
const runJob = (paths: string) =>
  attempt('bash', ['-eo', 'pipefail', '-c', job.script.join('\n')], {
    cwd: user,
    env: {
      ...job.variables,
      SALLYPORT_PATHS: paths,
      ...registry,
      npm_config_prefix: path.join(folder, 'prefix'),
      PATH: `${path.join(folder, 'prefix/bin')}:${process.env['PATH']}`,
    },
  });
const report = () => readFileSync(path.join(user, job.artifacts.reports.junit), 'utf8');

describe('the GitLab job', () => {
  it('fails for a finding, prints it, and keeps the report that the merge request shows', async () => {
    const { code, stdout } = await runJob('good bad');
    expect(code).toBe(1);
    expect(stdout).toMatch(/MCP202/);
    expect(job.artifacts.when).toBe('always');
    expect(report()).toMatch(/<testsuite [^>]*tests="2" failures="1"/);
    expect(report()).toMatch(/<testcase [^>]*name="bad\/proxy\.yaml [^"]*"><failure type="MCP202"/);
  });

  it('passes without a finding', async () => {
    const { code } = await runJob('good');
    expect(code).toBe(0);
    expect(report()).toMatch(/<testsuite [^>]*tests="1" failures="0"/);
  });

  it('fails with 2 for a path that does not exist', async () => {
    expect(await runJob('nowhere')).toMatchObject({ code: 2, stderr: expect.stringContaining('nowhere') });
  });
});
