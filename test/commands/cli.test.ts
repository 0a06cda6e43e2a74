import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import { runSallyport } from '../support/terminal.ts';

const names = commands.map(({ name }) => name);

/** The options a command's source hands to the parser, with their short forms. */
function parsedBy(name: string): string[] {
  const source = readFileSync(new URL(`../../src/commands/${name}.ts`, import.meta.url), 'utf8');
  const block = /parseArguments\(args, (\{[\s\S]*?)\n? *\}\);/.exec(source)?.[1] ?? '';
  return [...block.matchAll(/(?:^|\{)\s*'?([\w-]+)'?: \{ type: '\w+'(?:, short: '(\w)')?/gm)].flatMap(
    ([, long = '', short]) => (short === undefined ? [`--${long}`] : [`--${long}`, `-${short}`]),
  );
}

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

  it.each(['deploy', 'Lint', '--version', 'constructor'])('%s is an unknown command', async (word) => {
    expect(await runSallyport([word, 'x'])).toEqual({
      code: 2,
      out: '',
      err: `sallyport: unknown command ${JSON.stringify(word)}; there are ${names.join(', ')}\n`,
    });
  });
});

describe.each(names)('sallyport %s', (name) => {
  it('--help says how to call it and lists every option it parses', async () => {
    const { code, out, err } = await runSallyport([name, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.startsWith(`sallyport ${name}`)).toBe(true);
    expect(out).toMatch(/^Exit: 0 /m);
    const options = parsedBy(name);
    expect(options.length > 0 || ['proxy', 'explain'].includes(name)).toBe(true);
    for (const option of options) expect(out).toMatch(new RegExp(`(?:^|[ (,])${option}\\b`, 'm'));
    expect(await runSallyport([name, '-h'])).toEqual({ code, out, err });
  });

  it('lists no option it does not parse', async () => {
    const { out } = await runSallyport([name, '--help']);
    const mentioned = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option);
    const parsed = parsedBy(name);
    expect(mentioned.filter((option) => !parsed.includes(option))).toEqual([]);
  });

  it('calls an unknown option misuse, in one line that names it', async () => {
    const { code, out, err } = await runSallyport([name, '--unknown-option']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(new RegExp(`^sallyport ${name}: [^\\n]*--unknown-option[^\\n]*\\n$`));
  });
});

it('sallyport proxy takes no file', async () => {
  expect(await runSallyport(['proxy', 'config.json'])).toEqual({
    code: 2,
    out: '',
    err: 'sallyport proxy: proxy takes no file, but got "config.json" (sallyport proxy --help)\n',
  });
});

it('sallyport proxy without a configuration ends with 1 and one line', async () => {
  const { code, err } = await runSallyport(['proxy']);
  expect(code).toBe(1);
  expect(err).toBe('sallyport proxy: SALLYPORT_PROXY_CONFIG is not set\n');
});
