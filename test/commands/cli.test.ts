import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import { parseCommandLine } from '../../src/commands/program.ts';
import { runSallyport } from '../support/terminal.ts';

const names = commands.map(({ name }) => name);

describe('the command line', () => {
  it('without a command lists the commands and is misuse', async () => {
    const { code, out, err } = await runSallyport([]);
    expect({ code, err }).toEqual({ code: 2, err: '' });
    for (const name of names) expect(out).toMatch(new RegExp(`^ {2}${name} {2,}\\S`, 'm'));
  });

  it.each(['help', '--help', '-h'])('%s lists the commands', async (word) => {
    const { code, out } = await runSallyport([word]);
    expect({ code, out }).toEqual({ code: 0, out: (await runSallyport([])).out });
  });

  it.each(['deploy', 'constructor'])('%s is an unknown command, whatever follows it', async (word) => {
    const err = `sallyport: unknown command ${word} (sallyport --help)\n`;
    for (const rest of [[], ['x'], ['--help'], ['-n', 'team-a']])
      expect(await runSallyport([word, ...rest])).toEqual({ code: 2, out: '', err });
  });

  it.each([
    [['lnit', '.'], 'unknown command lnit; did you mean lint?'],
    [['Lint', '.'], 'unknown command Lint; did you mean lint?'],
    [['help', 'explian'], 'unknown command explian; did you mean explain?'],
    [['--verson'], 'unknown option --verson; did you mean --version?'],
  ])('%j gets a suggestion', async (args, message) => {
    const err = `sallyport: ${message} (sallyport --help)\n`;
    expect(await runSallyport(args)).toEqual({ code: 2, out: '', err });
  });

  it.each(['--version', '-V'])('%s prints the version of the package', async (option) => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await runSallyport([option])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('kubectl sallyport calls itself by that name in help, examples and errors', async () => {
    const asPlugin = (...args: string[]) => runSallyport(args, { program: 'kubectl sallyport' });
    const { out } = await asPlugin('lint', '--help');
    expect(out).toContain('Usage: kubectl sallyport lint FILES... [options]\n');
    expect(out).toContain('\n  helm template charts/agents | kubectl sallyport lint -\n');
    expect(out).not.toMatch(/(?<!kubectl )sallyport lint/);
    expect((await asPlugin('lint')).err).toMatch(
      /^kubectl sallyport lint needs .* \(kubectl sallyport lint --help\)\n$/,
    );
    expect((await asPlugin('lnit')).err).toMatch(/^kubectl sallyport: .* \(kubectl sallyport --help\)\n$/);
    expect((await asPlugin()).out).toContain('Run kubectl sallyport help COMMAND ');
  });
});

describe('a mistake in the command line', () => {
  const needing = commands.filter(({ argument }) => argument?.required).map(({ name }) => name);

  it.each([...needing, 'serve', 'watch', 'certificates'])(
    '%s is named once before what it needs',
    async (name) => {
      const { code, err } = await runSallyport([name]);
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringMatching(
          new RegExp(`^sallyport ${name} needs (?:(?!${name}).)+ \\(sallyport ${name} --help\\)\n$`),
        ),
      });
    },
  );

  it('that speaks of an option has the command before a colon', async () => {
    const { err } = await runSallyport(['lint', '.', '--complete', '--context', 'prod']);
    expect(err).toBe('sallyport lint: --complete and --context exclude each other (sallyport lint --help)\n');
  });
});

describe('the values of options', () => {
  it.each([
    [['lint', '.', '-o', 'yaml'], '--output must be one of text, json, sarif or junit, but is "yaml"'],
    [['lint', '.', '--namespace'], '--namespace needs a value (NAME)'],
    [['lint', '.', '--contxt', 'a'], 'unknown option --contxt; did you mean --context?'],
    [
      ['lint', '.', '--context', '--complete'],
      '--context needs a value, but "--complete" follows it; a value that begins with a dash is written --context=--complete',
    ],
  ])('%j is misuse', async (args, message) => {
    const err = `sallyport lint: ${message} (sallyport lint --help)\n`;
    expect(await runSallyport(args)).toEqual({ code: 2, out: '', err });
  });

  it('may begin with a dash after an equals sign', async () => {
    const { err } = await runSallyport(['kinds', '--config=-missing']);
    expect(err).toBe('sallyport: -missing: the configuration cannot be read: no such file or folder\n');
  });

  it('after -- are arguments, also with a dash', async () => {
    const { err } = await runSallyport(['inject', '--', '--explain']);
    expect(err).toBe('sallyport: --explain: no such file or folder\n');
  });
});

describe.each(names)('sallyport %s', (name) => {
  const command = commands.find((one) => one.name === name);

  it('--help, -h and help print how to call it: usage, every option, an example and exit codes', async () => {
    const { code, out, err } = await runSallyport([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.startsWith(`Usage: sallyport ${name}`)).toBe(true);
    expect(out).toContain('\nExit codes:\n  0  ');
    expect(out).toMatch(new RegExp(`\nExamples:\n  # .+\n  (?:.+\\| )?sallyport ${name}`));
    const listed = [...out.matchAll(/^ {2}(?:(-\w), |    )?(--[\w-]+)/gm)].map(([, , long = '']) => long);
    const declared = Object.keys(command?.options ?? {}).map((long) => `--${long}`);
    expect(listed).toEqual([...declared, '--quiet', '--no-color', '--debug', '--help']);
    expect(await runSallyport([name, '-h'])).toEqual({ code, out, err });
    expect(await runSallyport(['help', name])).toEqual({ code, out, err });
  });

  it('has help of at most 100 columns', async () => {
    const { out } = await runSallyport([name, '--help']);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('accepts its own examples', async () => {
    for (const [call] of command?.examples ?? []) {
      const [, own = ''] = call.split(`sallyport ${name}`);
      // What the shell leaves of it: no pipe, no redirection, no substitution.
      const words = own
        .replace(/(?: [|>]|[)]).*$/, '')
        .split(' ')
        .filter(Boolean);
      const parsed = parseCommandLine(commands, [name, ...words], { program: 'sallyport' });
      expect(parsed).toMatchObject({ kind: 'run', command });
    }
    expect(command?.examples.length).toBeGreaterThan(0);
  });

  it('calls an unknown option misuse, in one line that names it', async () => {
    const { code, out, err } = await runSallyport([name, '--unknown-option']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(new RegExp(`^sallyport ${name}: [^\\n]*--unknown-option[^\\n]*\\n$`));
  });

  it('without an argument of its own takes none', async () => {
    if (command?.argument) return;
    expect(await runSallyport([name, 'extra.yaml'])).toEqual({
      code: 2,
      out: '',
      err: `sallyport ${name} takes no argument, but got "extra.yaml" (sallyport ${name} --help)\n`,
    });
  });
});

it('sallyport proxy without a configuration ends with 1 and one line', async () => {
  const { code, err } = await runSallyport(['proxy']);
  expect(code).toBe(1);
  expect(err).toBe('sallyport proxy: SALLYPORT_PROXY_CONFIG is not set\n');
});
