import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDocuments } from '../../src/files/documents.ts';
import { ignoreRules } from '../../src/files/ignore.ts';

describe('what is left out of the files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
    for (const name of ['a.yaml', 'b.yaml', 'test/a.yaml', 'test/deep/b.yaml', 'prod/a.yaml']) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await put(name, 'apiVersion: v1\nkind: ConfigMap\n');
    }
  });
  afterEach(() => rm(folder, { recursive: true }));
  const put = (name: string, text: string) => writeFile(path.join(folder, name), text);

  /** The files that are read, and how many files and folders are left out. */
  async function read(exclude: readonly string[] = [], inputs = ['.'], from = folder) {
    const { documents, skipped } = await loadDocuments(
      inputs.map((input) => path.join(folder, input)),
      () => Promise.resolve(''),
      { ignore: ignoreRules(from, exclude) },
    );
    return { files: documents.map(({ file }) => path.relative(folder, file)), ignored: skipped.ignored };
  }

  it('is nothing without rules', async () => {
    const files = ['a.yaml', 'b.yaml', 'prod/a.yaml', 'test/a.yaml', 'test/deep/b.yaml'];
    expect(await read()).toEqual({ files, ignored: 0 });
  });

  it.each([
    ['a folder', ['test/'], ['a.yaml', 'b.yaml', 'prod/a.yaml'], 1],
    ['a name anywhere', ['a.yaml'], ['b.yaml', 'test/deep/b.yaml'], 3],
    ['a name at the top', ['/a.yaml'], ['b.yaml', 'prod/a.yaml', 'test/a.yaml', 'test/deep/b.yaml'], 1],
    ['a pattern', ['test/**/b.*'], ['a.yaml', 'b.yaml', 'prod/a.yaml', 'test/a.yaml'], 1],
    ['everything but a name', ['*.yaml', '!/b.yaml'], ['b.yaml'], 4],
  ])('is %s that --exclude says', async (_, exclude, files, ignored) => {
    expect(await read(exclude)).toEqual({ files, ignored });
  });

  it.each([
    ['of the working folder', '.sallyportignore', '# fixtures\ntest/\n', ['a.yaml', 'b.yaml', 'prod/a.yaml']],
    [
      'of a folder below it',
      'test/.sallyportignore',
      '/a.yaml\n',
      ['a.yaml', 'b.yaml', 'prod/a.yaml', 'test/deep/b.yaml'],
    ],
  ])('is what a .sallyportignore says %s', async (_, name, text, files) => {
    await put(name, text);
    expect(await read()).toEqual({ files, ignored: 1 });
  });

  it('is what a deeper ignore file says, where two disagree', async () => {
    await put('.sallyportignore', 'a.yaml\n');
    await put('test/.sallyportignore', '!a.yaml\n');
    expect((await read()).files).toEqual(['b.yaml', 'test/a.yaml', 'test/deep/b.yaml']);
  });

  it('is what --exclude says, where an ignore file disagrees', async () => {
    await put('test/.sallyportignore', '!a.yaml\n');
    expect((await read(['a.yaml'])).files).toEqual(['b.yaml', 'test/deep/b.yaml']);
  });

  it('may be a file that is named, as a pre-commit hook names it', async () => {
    await put('.sallyportignore', 'test/\n');
    expect(await read([], ['test/a.yaml', 'b.yaml'])).toEqual({ files: ['b.yaml'], ignored: 1 });
  });

  it('is nothing outside the working folder', async () => {
    const from = path.join(folder, 'prod');
    expect((await read(['a.yaml'], ['.'], from)).files).toEqual([
      'a.yaml',
      'b.yaml',
      'test/a.yaml',
      'test/deep/b.yaml',
    ]);
  });
});
