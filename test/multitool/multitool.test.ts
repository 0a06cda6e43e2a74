import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheFolderOf } from '../cluster/cache.ts';
import { badExamples, reportOf } from '../report/samples.ts';
import { tempFolder } from '../support/webhook.ts';

const run = promisify(execFile);
const version = '5.7.0';
const folder = cacheFolderOf(`sarif-multitool-${version}`);
const program = path.join(folder, 'node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool');

/** 100 MB of .NET, which no other test needs: installed once, outside of the repository. */
beforeAll(async () => {
  if (existsSync(program)) return;
  mkdirSync(folder, { recursive: true });
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
  await run('npm', [...install, `@microsoft/sarif-multitool-linux@${version}`]);
  chmodSync(program, 0o755);
}, 600_000);

/** The errors and warnings of the validator. */
async function complaintsOf(report: string): Promise<string[]> {
  const file = path.join(tempFolder(), 'report.sarif');
  writeFileSync(file, report);
  const output = await run(program, ['validate', file, '--rule-kind', 'Sarif;Ghas']).then(
    ({ stdout }) => stdout,
    (failed: { stdout: string }) => failed.stdout,
  );
  expect(output).toContain('1 files scanned');
  return output.split('\n').filter((line) => /: (?:error|warning) /.test(line));
}

describe.each(['lint', 'audit'] as const)('the SARIF report of %s', (command) => {
  it.each([
    ['with findings', badExamples],
    ['without findings', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n'],
  ])('%s satisfies the multitool, its rules for SARIF and those for GitHub', async (_, input) => {
    expect(await complaintsOf(await reportOf(command, 'sarif', input))).toEqual([]);
  });

  it('without help for its rules does not: the multitool looks at the report', async () => {
    const report = await reportOf(command, 'sarif');
    const complaints = await complaintsOf(report.replaceAll('"help":', '"helpless":'));
    expect(complaints.some((line) => line.includes('GH2012'))).toBe(true);
  });
});
