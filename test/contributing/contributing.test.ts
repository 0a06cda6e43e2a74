import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRepositoryFile } from '../support/generated-files.ts';
import { kind, rule } from './recipes.ts';
import { Sandbox } from './sandbox.ts';

const page = readRepositoryFile('CONTRIBUTING.md');

const generated = 'test/parity/generated.test.ts';

/** The files that the numbered list of a section names, one in each item. */
function listed(section: string): string[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  return [...(text.split('\n## ')[0] ?? '').matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file);
}

describe.each([rule, kind])('$section', ({ section, steps, tests, names }) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
    for (const step of steps.values()) await sandbox.take(step);
  });
  afterAll(() => sandbox.remove());

  it('lists the files that this test writes', () => {
    expect(listed(section)).toEqual([...steps.keys()]);
  });

  it('names the command for what is generated, and is complete with it', async () => {
    const stale = await sandbox.test([generated]);
    expect(stale.output).toContain('is stale; run: npm run generate');
    // A kind's fixtures have files of findings, which the same option writes.
    await sandbox.test([generated, ...tests.filter((file) => file.includes('fixtures'))], '-u');
    const { passed, output } = await sandbox.test([generated, ...tests]);
    expect(passed, output).toBe(true);
  });

  it.each([...steps])(
    'needs %s: without it the parity tests fail and name what is missing',
    async (file, step) => {
      // The tests of fixtures are slow, and say nothing of the other files.
      const chosen = tests.filter((test) => !test.includes('fixtures') || file.startsWith('test/kinds/'));
      const { passed, output } = await sandbox.without(step, () => sandbox.test(chosen));
      expect(passed, output).toBe(false);
      expect(output).toMatch(names);
    },
  );
});
