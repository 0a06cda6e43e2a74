import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describedKinds } from '../../src/core/kinds/index.ts';
import { repository } from '../cluster/cache.ts';
import { modules } from '../cluster/definitions.ts';

const read = (name: string) => readFileSync(path.join(repository, name), 'utf8');
const page = read('docs/compatibility.md');

/** The rows of the table with this first heading, by their first cell. */
function table(heading: string): ReadonlyMap<string, readonly string[]> {
  const [, after = ''] = page.split(new RegExp(`^\\| ${heading} +\\|.*$`, 'm'));
  const [text = ''] = after.trimStart().split('\n\n');
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([first = '', ...cells]) => [first, cells]));
}

const versionIn = (goMod: string, module: string): string =>
  new RegExp(`^\\s*${module.replaceAll('.', '\\.')} v(\\S+)$`, 'm').exec(read(goMod))?.[1] ?? '';

describe('docs/compatibility.md', () => {
  it('names every release whose definitions Sallyport knows, and no other', () => {
    const { releases } = parse(read('src/core/schemas/upstream-fields.yaml')) as { releases: string[] };
    const named = [...table('Upstream')].flatMap(([name, [versions = '']]) =>
      versions.split(', ').map((version) => `${name} v${version}`),
    );
    expect(named).toEqual(releases);
  });

  it.each([
    ['ToolHive', modules.toolhive.version],
    ['kmcp', modules.kmcp.version],
  ])('names the release of %s whose programs the tests run', (name, version) => {
    expect(table('Upstream').get(name)?.[1]).toMatch(
      new RegExp(`(^| )${version.slice(1).replaceAll('.', '\\.')}$`),
    );
  });

  it.each([
    ['go.mod', '1.34'],
    ['go-1.37.mod', '1.37'],
  ])('names the release of Kubernetes that %s builds', (goMod, minor) => {
    const version = versionIn(`test/cluster/kubernetes/${goMod}`, 'k8s.io/kubernetes');
    expect(version.startsWith(`${minor}.`)).toBe(true);
    expect([...table('Kubernetes').keys()]).toContain(version);
  });

  it('names the oldest Kubernetes whose CEL libraries compile the policies', () => {
    const oldest = /^const \[oldest, current\] = \['(.+?)'/m.exec(read('test/cluster/policies.test.ts'))?.[1];
    expect([...table('Kubernetes').keys()][0]).toBe(oldest);
  });

  it('has no row for a family that is not described', () => {
    const families = describedKinds().map(({ family }) => family);
    const named = [...table('System').keys()];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !families.includes(name))).toEqual([]);
  });
});
