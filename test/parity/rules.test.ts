import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { rules } from '../../src/core/rules/index.ts';
import { repository } from '../cluster/cache.ts';

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');

const filesIn = (folder: string) =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name.replaceAll('\\', '/')))
    .filter((file) => file.endsWith('.ts'));

/** `file` without its extension, and the name of the rule or metadata in it. */
const definitions = filesIn('src/core/rules').flatMap((file) => {
  const [, name, how] = /^export const (\w+) = (defineRule|defineMetadata)\(/m.exec(read(file)) ?? [];
  return name === undefined ? [] : [{ file, base: path.posix.basename(file, '.ts'), name, how }];
});
const checked = definitions.filter(({ how }) => how === 'defineRule');

const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

describe('a rule', () => {
  it('is in the index, with its check', () => {
    expect(checked).toHaveLength(rules.length);
    const index = read('src/core/rules/index.ts');
    const listed = (name: string) => new RegExp(`^  ${name},$`, 'm').test(index);
    expect(definitions.filter(({ name }) => !listed(name)).map(({ file }) => file)).toEqual([]);
  });

  it.each(checked)('$name has a table of valid and invalid cases', ({ base, name }) => {
    const table = read(`test/core/rules/${base}.test.ts`);
    expect(table).toContain(`testRule(${name}, {`);
    expect(table).toMatch(/^ {2}valid: \[\s*\{/m);
    expect(table).toMatch(/^ {2}invalid: \[\s*\{/m);
  });

  it('shares its metadata with the other rules of its code', () => {
    for (const rule of rules) {
      const { title, mode, atPods, ratchet, dryRunWarns, modeSetting } = codes[rule.code];
      expect([rule.title, rule.mode, rule.atPods]).toEqual([title, mode, atPods]);
      expect([rule.ratchet, rule.dryRunWarns, rule.modeSetting]).toEqual([ratchet, dryRunWarns, modeSetting]);
    }
  });

  it('says what it does at pods, unless it is about pods', () => {
    const silent = Object.values(codes).filter(({ atPods }) => atPods === undefined);
    expect(silent.map(({ code }) => code).filter((code) => !code.startsWith('MCP5'))).toEqual([]);
  });

  it('is treated differently from others by its metadata alone: no code is compared or listed elsewhere', () => {
    const special =
      /[!=]==?\s*['"`]MCP\d|['"`]MCP\d{3}['"`]\s*[!=]==?|\bcase\s+['"`]MCP\d|[[,]\s*['"`]MCP\d{3}['"`]\s*[\],]/;
    const offenders = filesIn('src').filter((file) => special.test(withoutComments(read(file))));
    // The demonstration shows what these rules say.
    expect(offenders.filter((file) => !file.startsWith('src/demo/'))).toEqual([]);
  });

  it('has its code written in its own file alone, if it has a check', () => {
    const known = new Set<string>(rules.map(({ code }) => code));
    const named = filesIn('src')
      .filter((file) => !file.startsWith('src/core/rules/') && !file.startsWith('src/demo/'))
      .filter((file) =>
        [...withoutComments(read(file)).matchAll(/['"`](MCP\d{3})['"`]/g)].some(([, code = '']) =>
          known.has(code),
        ),
      );
    expect(named).toEqual([]);
  });

  it('has its modes applied in one place', () => {
    const users = filesIn('src').filter((file) => /\bmodeOf(?:Finding)?\(/.test(withoutComments(read(file))));
    expect(users.toSorted()).toEqual(['src/core/review/apply-modes.ts', 'src/core/review/mode.ts']);
  });
});
