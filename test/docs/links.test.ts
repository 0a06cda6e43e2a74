import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';

const pages = [
  ...readdirSync(repository).filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md'),
  ...readdirSync(path.join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.posix.join('docs', file)),
].toSorted();

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const prose = (text: string) => text.replaceAll(/^( *)```[^]*?^\1```$/gm, '');

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(file: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(read(file)).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\p{Mark}_ -]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}

/** Links of a page to files of the repository that do not exist, or to headings that do not. */
function broken(page: string): string[] {
  const links = [...prose(read(page)).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    if (!existsSync(path.join(repository, target))) return true;
    if (anchor === undefined || !target.endsWith('.md')) return false;
    return !anchorsOf(target).has(anchor);
  });
}

/** Paths below the folders of the repository that a page names and that match no file. `NAME` is what a reader adds. */
function unknownPaths(page: string): string[] {
  const named = [...prose(read(page)).matchAll(/`((?:src|test|build|docs|manifests|bench)\/[\w./-]+)`/g)];
  const known = (file: string) =>
    existsSync(
      path.join(repository, file.includes('NAME') ? path.dirname((file.split('NAME')[0] ?? '') + '.') : file),
    );
  return named.map(([, file = '']) => file).filter((file) => !known(file));
}

describe('the documentation', () => {
  it('is found', () => {
    expect(pages.length).toBeGreaterThan(40);
    expect(pages.every((page) => statSync(path.join(repository, page)).isFile())).toBe(true);
  });

  it.each(pages)('%s links to files and headings that exist', (page) => {
    expect(broken(page)).toEqual([]);
  });

  // A decision is not edited, so it may name files of its time.
  it.each(pages.filter((page) => !page.startsWith('docs/adr/')))('%s names paths that exist', (page) => {
    expect(unknownPaths(page)).toEqual([]);
  });
});
