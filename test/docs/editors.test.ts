import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { generatedFiles } from '../support/generated-files.ts';

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const files = readdirSync(repository, { recursive: true, encoding: 'utf8' }).filter(
  (file) => !/^(?:node_modules|\.git|dist)\//.test(file),
);
/** Files below manifests that Helm renders (test/cluster/helm.ts). */
const rendered = ['base/sallyport', 'base/webhooks', 'cert-manager/certificate'].map(
  (name) => `manifests/${name}.yaml`,
);

/** The patterns of git that .gitattributes uses: `*`, `**`, and names without a slash in any folder. */
function matching(pattern: string): (file: string) => boolean {
  const inAnyFolder = pattern.includes('/') ? pattern : `**/${pattern}`;
  const source = inAnyFolder
    .replaceAll('.', '\\.')
    .replaceAll(/\*\*\/|\*/g, (star) => (star === '*' ? '[^/]*' : '(?:.*/)?'));
  const expression = new RegExp(`^${source}$`);
  return (file) => expression.test(file);
}

describe('the files that editors and git read', () => {
  it('.nvmrc names an exact version that package.json accepts, of the major version of @types/node', () => {
    const { engines, devDependencies } = JSON.parse(read('package.json')) as {
      readonly engines: { readonly node: string };
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const version = read('.nvmrc').trim();
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [leastMajor = 0, leastMinor = 0] = engines.node.replace('>=', '').split('.').map(Number);
    expect(major > leastMajor || (major === leastMajor && minor >= leastMinor)).toBe(true);
    expect(devDependencies['@types/node']?.split('.')[0]).toBe(String(major));
  });

  it('.editorconfig asks for the line length of .prettierrc', () => {
    const { printWidth } = JSON.parse(read('.prettierrc')) as { readonly printWidth: number };
    expect(read('.editorconfig')).toContain(`max_line_length = ${printWidth}\n`);
  });

  it('.gitattributes marks every file that is generated as a whole, with patterns that match files', () => {
    const patterns = [...read('.gitattributes').matchAll(/^(\S+) linguist-generated$/gm)].map(
      ([, pattern = '']) => pattern,
    );
    expect(patterns.filter((pattern) => !files.some(matching(pattern)))).toEqual([]);
    const whole = Object.keys(generatedFiles).filter((file) => !file.endsWith('.md'));
    const marked = (file: string) => patterns.some((pattern) => matching(pattern)(file));
    expect([...whole, ...rendered].filter((file) => !marked(file))).toEqual([]);
  });
});
