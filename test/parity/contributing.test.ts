import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import { defaultConfiguration } from '../../src/core/configuration.ts';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { operatorNames } from '../../src/core/operators/operator-names.ts';
import { repository } from '../cluster/cache.ts';
import { differences } from '../support/differences.ts';
import { everyMetric } from '../support/metrics.ts';

/** What the lists of CONTRIBUTING.md name for commands, metrics and operators, compared with each other. */

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const filesBelow = (folder: string) =>
  readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join(folder, file));

describe('each command', () => {
  const names = commands.map(({ name }) => name);

  it('has a file in src/commands and an entry in src/commands/index.ts', () => {
    const defined = filesBelow('src/commands').filter((file) =>
      /^export const \w+ = defineCommand\(\{$/m.test(read(file)),
    );
    const files = defined.map((file) => path.posix.basename(file, '.ts'));
    const words = names.map((name) => name.split(' ').at(-1) ?? name);
    expect(differences('src/commands/*.ts', files, 'src/commands/index.ts', words)).toEqual([]);
  });

  it('has a test file of its name, or is run by another test', () => {
    const tests = filesBelow('test');
    const tested = names.filter(
      (name) =>
        tests.some((file) => file.endsWith(`/${name.replace(' ', '-')}.test.ts`)) ||
        tests.some((file) => new RegExp(`\\[\\s*'${name}'`).test(read(file))),
    );
    expect(differences('src/commands/index.ts', names, 'test/commands/NAME.test.ts', tested)).toEqual([]);
  });
});

describe('each metric', () => {
  interface Declared {
    readonly name: string;
    readonly labels: readonly string[];
  }
  const declared = filesBelow('src/telemetry').flatMap((file): Declared[] =>
    [...read(file).matchAll(/name: '(sallyport_\w+)',\n([^]*?)\bregisters\b/g)].map(
      ([, name = '', options = '']) => {
        const [, labels = ''] = /labelNames: \[([^\]]*)\]/.exec(options) ?? [];
        return { name, labels: [...labels.matchAll(/'(\w+)'/g)].map(([, label = '']) => label) };
      },
    ),
  );

  it('of src/telemetry gets a sample with all its labels in test/support/metrics.ts', async () => {
    const sampled = Object.values(await everyMetric()).flat();
    const lines = (all: readonly Declared[]) =>
      all.flatMap(({ name, labels }) => [name, ...labels.map((label) => `${name}{${label}}`)]);
    expect(
      differences('src/telemetry', lines(declared), 'the samples of test/support/metrics.ts', lines(sampled)),
    ).toEqual([]);
  });
});

describe('each operator', () => {
  const names = operatorAdapters.map(({ name }) => name);
  const folders = readdirSync(path.join(repository, 'src/core/operators'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it('has a folder in src/core/operators and an entry in its index.ts', () => {
    expect(differences('src/core/operators', folders, 'src/core/operators/index.ts', names)).toEqual([]);
  });

  it('has its name in operator-names.ts', () => {
    const where = 'src/core/operators/operator-names.ts';
    expect(differences('src/core/operators/index.ts', names, where, operatorNames)).toEqual([]);
  });

  it('has a switch in the configuration, which is off by default', () => {
    expect(defaultConfiguration.inject.families).toEqual(
      Object.fromEntries(names.map((name) => [name, false])),
    );
  });

  it.each(names)(
    '%s has resources for tests, a test through the webhook and a section in the documentation',
    (name) => {
      const files = [`test/core/operators/${name}-world.ts`, `test/server/${name}.test.ts`];
      expect(files.filter((file) => !existsSync(path.join(repository, file)))).toEqual([]);
      expect(read('docs/operators.md').toLowerCase()).toContain(`\n## ${name}`);
    },
  );
});
