import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * `prepublishOnly`: stops `npm publish` unless the folder is exactly a tagged release. Prints every reason and ends
 * with 1.
 */
const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly version: string;
  readonly repository?: unknown;
};
const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();

const problems = [
  version.includes('-dev') &&
    `package.json has the development version ${version}; set the version of the release`,
  !readFileSync('CHANGELOG.md', 'utf8').includes(`\n## ${version} `) &&
    `CHANGELOG.md has no section "## ${version} - DATE"`,
  !repository &&
    'package.json has no repository, which npm needs for provenance; run npm pkg set repository.url=git+https://HOST/OWNER/sallyport.git',
  git('status', '--porcelain') !== '' && 'the working tree has changes; commit them first',
  !git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`) &&
    `the commit has no tag v${version}; run git tag v${version}`,
].filter((problem) => problem !== false);

for (const problem of problems) console.error(`publish: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
