import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { differences } from '../support/differences.ts';

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const page = read('docs/architecture.md');

const folders = readdirSync(path.join(repository, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const imported = /^\s*(?:import|export)\s[^'"]*?from\s+'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'/gm;

/** The folders of src that the files of one folder import. */
function importsOf(folder: string): string[] {
  const files = readdirSync(path.join(repository, 'src', folder), { recursive: true, encoding: 'utf8' });
  const targets = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const place = path.posix.join(folder, path.posix.dirname(file));
      return [...read(`src/${folder}/${file}`).matchAll(imported)].map(([, name, dynamic = '']) =>
        path.posix.join(place, name ?? dynamic),
      );
    });
  const others = targets
    .filter((target) => target.includes('/') && !target.startsWith('../'))
    .map((target) => target.split('/')[0] ?? '')
    .filter((name) => name !== folder);
  return [...new Set(others)].toSorted();
}

const rows = new Map(
  [...page.matchAll(/^\| `src\/([\w-]+)` +\| .*? +\| *([\w, -]*?) *\|$/gm)].map(
    ([, folder = '', imports = '']) => [folder, imports.split(', ').filter(Boolean)],
  ),
);

interface Stop {
  readonly section: string;
  readonly file: string;
  readonly name: string;
}

const stops = page.split(/^## /m).flatMap((section): Stop[] =>
  [...section.matchAll(/^\d+\. `(src\/[^`]+)` `(\w+)`: \S/gm)].map(([, file = '', name = '']) => ({
    section: section.split('\n')[0] ?? '',
    file,
    name,
  })),
);

describe('docs/architecture.md', () => {
  it('has a row for each folder of src', () => {
    expect(differences('src', folders, 'the table of docs/architecture.md', [...rows.keys()])).toEqual([]);
  });

  it.each(folders)('names the folders that src/%s imports', (folder) => {
    expect(rows.get(folder)?.toSorted()).toEqual(importsOf(folder));
  });

  it('has one picture, of folders that exist', () => {
    const pictures = [...page.matchAll(/```mermaid\n([^]*?)```/g)].map(([, text = '']) => text);
    expect(pictures).toHaveLength(1);
    const shown = [...(pictures[0] ?? '').matchAll(/src\/([\w-]+)/g)].map(([, folder = '']) => folder);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((folder) => !folders.includes(folder))).toEqual([]);
  });

  it.each(stops)('$section: $name is in $file', ({ file, name }) => {
    expect(read(file)).toMatch(
      new RegExp(`\\b(?:function\\*?|class|const) ${name}\\b|^ {2}(?:async )?\\*?${name}\\(`, 'm'),
    );
  });

  it('follows three requests, and stops once at each function', () => {
    const sections = [...new Set(stops.map(({ section }) => section))];
    expect(sections).toEqual(['One review', 'One operator-made pod', 'One proxied request']);
    const places = stops.map(({ section, file, name }) => `${section}: ${file} ${name}`);
    expect(places.filter((place, i) => places.indexOf(place) !== i)).toEqual([]);
    for (const section of sections)
      expect(stops.filter((stop) => stop.section === section).length).toBeGreaterThan(9);
  });
});
