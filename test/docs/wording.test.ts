import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';

/** Words for which the documentation has a term of Kubernetes, HTTP or TLS, or a plain verb. */
const avoided =
  /\b(?:keepers?|doors?|gates?|looks? (?:at|after|through)|looked (?:at|after|through)|told|anew|whoever|somebody|nobody|anybody|comes? to|stands?|of its own|by itself)\b/gi;

/** Pages that still have such words. A page without them leaves the list, and its test holds it from then on. */
const notYet = new Set(`admission-checks kinds rules`.split(/\s+/).map((name) => `docs/${name}.md`));

const pages = [
  ...readdirSync(path.join(repository, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  'docs/adr/README.md',
  'CONTRIBUTING.md',
  'README.md',
];

const found = (page: string): readonly string[] => {
  const text = readFileSync(path.join(repository, page), 'utf8');
  const prose = text.replaceAll(/^```[^]*?^```$|`[^`\n]*`|\]\([^)]*\)/gm, ' ');
  return prose.match(avoided) ?? [];
};

describe('wording', () => {
  it.each(pages.filter((page) => !notYet.has(page)))('%s uses terms of docs/glossary.md', (page) => {
    expect(found(page)).toEqual([]);
  });

  it('every page that is excepted exists and needs the exception', () => {
    expect([...notYet].filter((page) => !pages.includes(page) || found(page).length === 0)).toEqual([]);
  });
});

describe('docs/glossary.md', () => {
  const text = readFileSync(path.join(repository, 'docs/glossary.md'), 'utf8');
  const sections = text.split(/^## /m).slice(1);

  it('lists the terms of each section in alphabetical order, each once', () => {
    const terms = sections.map((section) =>
      [...section.matchAll(/^\*\*([^*]+)\.\*\* \S/gm)].map(([, term = '']) => term.toLowerCase()),
    );
    for (const listed of terms) expect(listed).toEqual(listed.toSorted());
    expect(new Set(terms.flat()).size).toBe(terms.flat().length);
    expect(terms.flat().length).toBeGreaterThan(40);
  });

  it('defines each term in one sentence', () => {
    const definitions = text.split('\n\n').filter((paragraph) => paragraph.startsWith('**'));
    for (const definition of definitions) {
      const sentence = definition
        .replace(/^\*\*[^*]+\*\* /, '')
        .replaceAll('\n', ' ')
        .trim();
      expect(sentence).toMatch(/\.$/);
      expect(sentence.slice(0, -1).replaceAll(/\]\([^)]*\)|`[^`]*`/g, '')).not.toMatch(/\. [A-Z]/);
    }
  });
});
