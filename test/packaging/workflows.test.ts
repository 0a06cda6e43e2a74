import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { attempt } from '../cluster/processes.ts';
import { parseYaml } from '../../src/files/yaml.ts';
import { goTool } from './tools.ts';

const folder = path.join(repository, '.github');
const workflows = readdirSync(path.join(folder, 'workflows')).map((file) =>
  path.join(folder, 'workflows', file),
);
const actionlint = await goTool('github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12');

/** A token that a job does not need is one that a dependency can steal. */
const readOnly = /^permissions:\n {2}contents: read\n(?! )/m;

describe('the workflows of this repository', () => {
  it.skipIf('missing' in actionlint)('are accepted by actionlint', async () => {
    const program = 'path' in actionlint ? actionlint.path : '';
    expect(await attempt(program, ['-no-color', ...workflows])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it.skipIf('missing' in actionlint)('would not be accepted with a step that does not exist', async () => {
    const program = 'path' in actionlint ? actionlint.path : '';
    const text = readFileSync(workflows[0] ?? '', 'utf8').replace('uses:', 'user:');
    const { code, stdout } = await attempt(program, ['-no-color', '-'], { input: text });
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('step must run script with "run" section'),
    });
  });

  it.each(workflows.map((file) => [path.basename(file), readFileSync(file, 'utf8')]))(
    '%s reads the repository unless a job needs more, and keeps no token in the checkout',
    (_, text) => {
      expect(text).toMatch(readOnly);
      const checkouts = text.split('uses: actions/checkout@').slice(1);
      expect(checkouts.length).toBeGreaterThan(0);
      for (const one of checkouts)
        expect(one).toMatch(/^v\d+\n {8}with:\n(?: {10}.+\n)* {10}persist-credentials: false\n/);
    },
  );

  it('run scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const texts = workflows.map((file) => readFileSync(file, 'utf8')).join('\n');
    const named = [
      ...[...texts.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name),
      ...[...texts.matchAll(/suite: \[(.+)\]/g)].flatMap(([, list = '']) =>
        list.split(', ').map((one) => one.replaceAll("'", '')),
      ),
    ];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it.each(['bug.yml', 'feature.yml'])('have an issue form %s with fields that GitHub knows', (file) => {
    const [document] = parseYaml(readFileSync(path.join(folder, 'ISSUE_TEMPLATE', file), 'utf8'));
    if (!document) throw new Error(`${file} is empty`);
    const { name, description, body } = document.value as {
      readonly name: string;
      readonly description: string;
      readonly body: readonly { readonly type: string; readonly attributes: Record<string, string> }[];
    };
    expect(Boolean(name) && Boolean(description)).toBe(true);
    expect(
      body.map(({ type }) => type).filter((type) => !['markdown', 'input', 'textarea'].includes(type)),
    ).toEqual([]);
    expect(
      body.filter(({ type, attributes }) =>
        type === 'markdown' ? !attributes['value'] : !attributes['label'],
      ),
    ).toEqual([]);
  });
});
