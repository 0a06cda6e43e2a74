import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { labelledTypes, ownNames } from '../../src/core/annotations.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const page = read('docs/labels.md');

/** Every label and annotation of ours in sources, kinds and manifests; a URL is none. */
function used(folder: string): string[] {
  const files = readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.(?:ts|yaml|tpl)$/.test(file))
    .flatMap(
      (file) => read(path.join(folder, file)).match(/(?<!:\/\/)\bsallyport\.dev\/[a-z-]+(?![\w.])/g) ?? [],
    );
}

it('docs/labels.md has a section for each label and annotation that is used, and for no other', () => {
  const sections = [...page.matchAll(/^## (sallyport\.dev\/\S+)$/gm)].map(([, label = '']) => label);
  const found = new Set(['src', 'manifests'].flatMap(used));
  expect(new Set(sections)).toEqual(found);
});

it('the program knows each of them, and the types of object that docs/labels.md names', () => {
  const described = [...page.matchAll(/^## (\S+)\n\n\*\*(Label|Annotation) of ([^*]+)\.\*\*/gm)];
  const known = [...ownNames].map(
    ([
      name,
      {
        map,
        on: [first = 'pod'],
      },
    ]) => ({
      name,
      is: `${map === 'labels' ? 'Label' : 'Annotation'} of ${labelledTypes[first]}`,
    }),
  );
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  expect(
    described.map(([, name = '', map, on]) => ({ name, is: `${map} of ${on}` })).toSorted(byName),
  ).toEqual(known.toSorted(byName));
});

it('each section begins with what it is a label or annotation of, and who writes it', () => {
  for (const section of page.split(/^(?=## )/m).slice(1))
    expect(section).toMatch(/^## \S+\n\n\*\*(?:Label|Annotation) of [^*]+\.\*\*/);
});
