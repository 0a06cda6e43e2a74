import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../cluster/cache.ts';

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const page = read('docs/ci.md');
const { version } = JSON.parse(read('package.json')) as { readonly version: string };

describe('docs/ci.md', () => {
  it('lists every input of the action with its default', () => {
    const { inputs } = parse(read('action.yml')) as {
      readonly inputs: Readonly<Record<string, { readonly default: string; readonly description: string }>>;
    };
    const listed = [...page.matchAll(/^\| `([\w-]+)` +\| (?:`([^`]*)`)? *\| \S/gm)].map(
      ([, name = '', value = '']) => [name, value],
    );
    expect(listed).toEqual(Object.entries(inputs).map(([name, one]) => [name, one.default]));
  });

  it.each(['docs/ci.md', '.pre-commit-hooks.yaml', 'packaging/gitlab/sallyport.gitlab-ci.yml'])(
    '%s names the version that package.json has, or that it becomes',
    (file) => {
      const versions = [...read(file).matchAll(/sallyport[@-]v?(\d+\.\d+\.\d+)/g)].map(([, one]) => one);
      expect(versions.length).toBeGreaterThan(0);
      expect(new Set(versions)).toEqual(new Set([version.replace('-dev', '')]));
    },
  );

  it('shows the hook that .pre-commit-hooks.yaml has', () => {
    const [hook] = parse(read('.pre-commit-hooks.yaml')) as [Readonly<Record<string, unknown>>];
    const text = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map(([, one = '']) => one)
      .find((one) => one.includes('repo: local'));
    const shown = parse(text ?? '') as {
      readonly repos: readonly [{ readonly hooks: readonly [Readonly<Record<string, unknown>>] }];
    };
    const { additional_dependencies: _, language: __, entry, ...own } = shown.repos[0].hooks[0];
    const { description: ___, language: ____, entry: published, ...expected } = hook;
    expect(own).toEqual(expected);
    expect(published).toBe(
      `npx --yes sallyport@${version.replace('-dev', '')} ${String(entry).split(' ')[1]}`,
    );
  });
});
