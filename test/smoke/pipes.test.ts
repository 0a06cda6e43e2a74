import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bash, manyResources } from './built-cli.ts';

/** The built command line in real pipes whose reader ends before the writer. */

const commands = (file: string): readonly string[] => [
  'help',
  'help lint',
  'lint --help',
  '--version',
  'kinds',
  'floor',
  'explain',
  'explain MCP101',
  ...['bash', 'zsh', 'fish', 'powershell'].map((shell) => `completion ${shell}`),
  `lint ${file}`,
  ...['json', 'sarif', 'junit'].map((format) => `lint ${file} --output ${format}`),
  `inject ${file}`,
  `why ${file}`,
  `audit ${file}`,
  'review examples/review.json',
];

describe('a pipe whose reader has ended', () => {
  it('ends every command without a word, with the exit code of SIGPIPE', async () => {
    const lines = commands(manyResources(20)).map(
      (command) => `sallyport ${command} >&3; echo "${command}: $?"`,
    );
    // The reader is gone before the first command begins.
    const { out, err } = await bash(['exec 3> >(true)', 'wait $!', ...lines].join('\n'));
    expect(
      out
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(': 141')),
    ).toEqual([]);
    expect(out.trim().split('\n')).toHaveLength(lines.length);
    expect(err).toBe('');
  });

  it('on standard error too does not change the exit code', async () => {
    const { out, err } = await bash('exec 3> >(true)\nwait $!\nsallyport lint 2>&3; echo $?');
    expect({ out, err }).toEqual({ out: '2\n', err: '' });
  });
});

describe('a pipe whose reader ends after the first line', () => {
  it('prints that line of every command, and no word more', async () => {
    const file = manyResources(20);
    const script = commands(file).map((command) => `sallyport ${command} | head -1 | grep -c .`);
    const { out, err } = await bash(script.join('\n'));
    expect({ out, err }).toEqual({ out: '1\n'.repeat(script.length), err: '' });
  });

  it('ends a command that has more to write than a pipe holds', async () => {
    const line = `sallyport lint ${manyResources(2000)} | head -1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    expect(await bash(line)).toEqual({ code: 0, out: '141\n', err: '' });
  });
});

it.runIf(existsSync('/dev/full'))('a full disk is one line, and exit code 2', async () => {
  const { code, err } = await bash('sallyport kinds > /dev/full');
  expect({ code, err }).toEqual({
    code: 2,
    err: 'sallyport: standard output cannot be written (ENOSPC); free the space or choose another file\n',
  });
});
