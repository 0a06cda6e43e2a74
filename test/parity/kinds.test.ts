import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { readConfiguration } from '../../src/core/configuration.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { crAnnotations } from '../../src/core/annotations.ts';
import { describedPaths, descriptions, pluralName } from '../kinds/described-paths.ts';
import { fixtureFolders } from '../kinds/fixtures.ts';
import { runSallyport } from '../support/terminal.ts';

const page = readFileSync(new URL('../../docs/kinds.md', import.meta.url), 'utf8');
const listed = compileKinds().all;
const described = [...descriptions.values()];

/** Rows of the page's first table, cells without code marks. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  )
  .map(([family = '', kind = '', group = '', versions = '', ...sources]) => ({
    family,
    kind,
    group,
    versions: versions.split(', '),
    sources,
  }))
  .filter(({ sources }) => sources.length === 6);

/** What one list has and the other has not, in words. */
function differences(nameA: string, a: readonly string[], nameB: string, b: readonly string[]): string[] {
  const missing = (from: readonly string[], other: readonly string[], where: string) =>
    from.filter((name) => !other.includes(name)).map((name) => `${name} is missing in ${where}`);
  return [...missing(a, b, nameB), ...missing(b, a, nameA)];
}

describe('the kinds', () => {
  const files = described.map(pluralName);

  it('in src/core/kinds are those of the list in index.ts', () => {
    const inList = listed.map(pluralName);
    expect(differences('src/core/kinds/*.yaml', files, 'src/core/kinds/index.ts', inList)).toEqual([]);
    expect(inList).toHaveLength(files.length);
  });

  it('in src/core/kinds are called after their kind and group', () => {
    const names = described.map(({ kind, group }) => `${kind.toLowerCase()}.${group}`);
    expect(differences('the descriptions', names, 'the file names', [...descriptions.keys()])).toEqual([]);
  });

  it('in src/core/kinds each have a folder of fixtures', () => {
    expect(differences('src/core/kinds/*.yaml', files, 'test/kinds', fixtureFolders)).toEqual([]);
  });

  it('in src/core/kinds each have a row in docs/kinds.md, with the right family and versions', () => {
    const row = (one: { family: string; kind: string; group: string; versions: readonly string[] }) =>
      `${one.family} ${one.kind} ${one.group} ${one.versions.join(', ')}`;
    const inPage = rows.map(row);
    expect(differences('src/core/kinds/*.yaml', described.map(row), 'docs/kinds.md', inPage)).toEqual([]);
    expect(inPage).toHaveLength(files.length);
  });

  it('in src/core/kinds each have a section in docs/kinds.md, in the order of the table', () => {
    const sections = [...page.matchAll(/^### `(\S+)`$/gm)].map(([, name]) => name);
    expect(sections).toEqual(rows.map(({ kind, group }) => `${kind}.${group}`));
  });

  it('are shown in docs/kinds.md with the fields they are read from', () => {
    // The page says in words how transports are spelled and which entries count.
    const inWords = ['name', 'key', 'type', 'optional'];
    for (const description of described) {
      const row = rows.find(({ kind, group }) => kind === description.kind && group === description.group);
      const shown = new Set((row?.sources ?? []).join(' ').split(/[^\w]+/));
      const servers = { ...description.servers, transport: { default: 'http' as const, values: {} } };
      const fields = describedPaths({ ...description, servers })
        .filter(({ steps }) => steps[0] !== 'metadata')
        .map(({ steps }) => steps.findLast((step) => /^\w/.test(step) && !inWords.includes(step)));
      expect(fields.filter((field) => field === undefined || !shown.has(field))).toEqual([]);
    }
  });

  it('take every TLS annotation that docs/kinds.md names', () => {
    const named = new Set(page.match(/sallyport\.dev\/[a-z-]+(?=`)/g));
    expect([...named].toSorted()).toEqual(Object.values(crAnnotations).toSorted());
  });
});

describe("docs/kinds.md's own kind", () => {
  const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => yaml);
  const configuration = blocks.find((yaml) => yaml.includes('kind: Configuration')) ?? '';
  const resource = blocks.find((yaml) => /^kind: Toolbox$/m.test(yaml)) ?? '';

  it('is a configuration that is accepted', () => {
    expect(readConfiguration(parseDocument(configuration).toJS())).not.toHaveProperty('problems');
  });

  it('gives exactly the findings that stand beside it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-docs-'));
    const file = path.join(folder, 'sallyport.yaml');
    writeFileSync(file, configuration);
    const { code, out, err } = await runSallyport(
      ['lint', '--config', file, '--complete', '-o', 'json', '-'],
      {
        stdin: resource,
      },
    );
    rmSync(folder, { recursive: true });
    expect(err).toBe('');
    const found = (JSON.parse(out) as { code: string; path: string }[]).map(
      (one) => `${one.code} ${one.path}`,
    );
    const [, shown = ''] = /finds:\n\n```\n([^]*?)```/.exec(page) ?? [];
    expect(found).toEqual(shown.trim().split('\n'));
    expect(code).toBe(1);
  });

  it('is complete: every word of the form stands in the page', () => {
    const words = [
      'family',
      'group',
      'kind',
      'plural',
      'shortNames',
      'versions',
      'servers',
      'each',
      'name',
      'url',
    ];
    const more = ['transport', 'headers', 'bundles', 'env', 'tls', 'loopback', 'when', 'template', 'instead'];
    const tls = [
      'client',
      'caSecret',
      'caConfigMap',
      'caKey',
      'caOptional',
      'unverifiedWhen',
      'replaceRootsWhen',
    ];
    const url = ['host', 'port', 'defaultPort', 'path', 'secureWhen'];
    for (const word of [...words, ...more, ...tls, ...url]) expect(page).toContain(`\`${word}\``);
  });
});
