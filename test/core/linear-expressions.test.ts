import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { matchesGlob } from '../../src/core/glob.ts';
import { adversariesOf } from '../support/expressions/adversaries.ts';
import { expressionsBelow, type Expression } from '../support/expressions/collect.ts';
import { stopped, type Trial } from '../support/expressions/run.ts';

/**
 * A regular expression that starts again at each character of a run, or tries each way to divide the run, takes minutes
 * for a text of 1 MB and blocks its thread. The test searches texts derived from each expression.
 */

const megabyte = 1024 * 1024;
/** The slowest takes a second, and what is quadratic takes minutes. */
const guard = 20_000;
/** The most texts for one expression. The rule data has many expressions of the same form. */
const texts = { written: 24, built: 12 };
/** For a machine that is busy with something else. */
const patience = { timeout: 900_000 };

/** Expressions that search texts only up to a constant's length. */
const shorter: ReadonlyMap<string, { readonly length: number; readonly limit: string }> = new Map([
  ['src/core/names.ts /^-+|-+$/g', { length: 40, limit: 'maxSlug' }],
]);

/** Files that build expressions from texts and rule data while the module loads. */
const buildWhenLoaded = [
  'src/core/credentials/placeholders.ts',
  'src/core/credentials/shapes.ts',
  'src/core/credentials/urls.ts',
];
/** Expressions built while the program runs. `shapes.ts` only adds a flag to those it already has. */
const buildLater: readonly Expression[] = [
  { file: 'src/proxy/sse-endpoint.ts', source: '^\u00EF\u00BB\u00BF', flags: '', everywhere: false },
];

const { written, building } = await expressionsBelow('src');

const nameOf = ({ file, source, flags }: Expression): string => `${file} /${source}/${flags}`;

/** Returns one trial for each distinct expression, with every place that has it. */
function trialsOf(expressions: readonly Expression[], most: number): (Trial & { names: Set<string> })[] {
  const trials = new Map<string, Trial & { names: Set<string> }>();
  for (const one of expressions) {
    const { length } = shorter.get(nameOf(one)) ?? { length: megabyte };
    const key = JSON.stringify([one.source, one.flags, one.everywhere, length]);
    const { source, flags, everywhere } = one;
    const trial = trials.get(key) ?? {
      source,
      flags,
      everywhere,
      length,
      names: new Set<string>(),
      adversaries: adversariesOf(one, most),
    };
    trial.names.add(nameOf(one));
    trials.set(key, trial);
  }
  return [...trials.values()];
}

const stoppedNames = async (expressions: readonly Expression[], most: number): Promise<string[]> =>
  (await stopped(trialsOf(expressions, most), guard)).flatMap(({ names }) => [...names]);

/** Loads the files again and returns every RegExp that they construct. */
async function builtBy(files: readonly string[]): Promise<Expression[]> {
  const found: Expression[] = [];
  vi.resetModules();
  for (const file of files) {
    const keeping = new Proxy(RegExp, {
      construct(target, given: [string | RegExp, string?]) {
        const regex = new target(...given);
        found.push({ file, source: regex.source, flags: regex.flags, everywhere: true });
        return regex;
      },
    });
    vi.stubGlobal('RegExp', keeping);
    await import(path.resolve(file));
    vi.unstubAllGlobals();
  }
  return found;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a regular expression takes time linear in a text of 1 MB', () => {
  it('wherever src has a literal', patience, async () => {
    expect(written.length).toBeGreaterThan(150);
    expect(await stoppedNames(written, texts.written)).toEqual([]);
  });

  it('where src builds it from texts and rule data', patience, async () => {
    const built = await builtBy(buildWhenLoaded);
    for (const file of buildWhenLoaded) expect(built.some((one) => one.file === file)).toBe(true);
    expect(built.length).toBeGreaterThan(500);
    expect(await stoppedNames([...built, ...buildLater], texts.built)).toEqual([]);
  });

  it('and only the files listed here build one', () => {
    expect(building).toEqual([...buildWhenLoaded, ...buildLater.map(({ file }) => file)]);
  });

  it('and each one listed with a shorter text exists', () => {
    const names = new Set(written.map(nameOf));
    expect([...shorter.keys()].filter((name) => !names.has(name))).toEqual([]);
  });

  it('and a glob with many stars, which the webhook matches without one, is matched against 1 MB', () => {
    expect(matchesGlob(`${'*a'.repeat(100)}*b`, 'a'.repeat(megabyte))).toBe(false);
    expect(matchesGlob(`${'*a'.repeat(100)}*`, 'a'.repeat(megabyte))).toBe(true);
  });
});

describe('the test terminates an expression that is not linear', () => {
  const trialOf = (regex: RegExp, everywhere = regex.flags.includes('g')): Trial => ({
    source: regex.source,
    flags: regex.flags,
    everywhere,
    length: megabyte,
    adversaries: adversariesOf(regex, texts.built),
  });

  it.each([
    ['blanks before the end', /\s+$/, false],
    ['a run divided in every way', /^(a+)+$/, false],
    ['a second alternative at the end', /^-+|-+$/, true],
    ['a beginning without its end', /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/, true],
    ['pairs of quotes up to the end', /\|(?=(?:[^']*'[^']*')*[^']*$)/, true],
    ['a quoted key at the end', /\['(.+)'\]$/, false],
    ['blanks around a sign', /([\w-]+)\s*[=:]?\s*(\S+)$/, false],
    ['an open bracket', /<.*>/, true],
  ])('%s', patience, async (_what, regex, everywhere) => {
    const trial = trialOf(regex, everywhere);
    expect(await stopped([trial], 500)).toEqual([trial]);
  });

  it('names it, and goes on with the next', patience, async () => {
    const [first, last] = [trialOf(/\s+$/), trialOf(/=+$/)];
    expect(await stopped([first, trialOf(/=/), last, trialOf(/\s/)], 3000)).toEqual([first, last]);
  });
});
