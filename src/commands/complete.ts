import type { Command, Option, Options } from './command.ts';
import { globalOptions, withNameAsOneWord } from './program.ts';

/** A word that the shell may offer, and what it is. */
interface Candidate {
  readonly word: string;
  readonly help?: string;
}
type Completion = readonly Candidate[] | 'files';

/**
 * The answer to a completion script: one candidate a line, with a tab before its help, or `:files` if the shell should
 * offer files. The first word is the one at the cursor after `word:`, because PowerShell drops empty arguments; the
 * others are the words before it.
 */
export function complete(commands: readonly Command[], [at = '', ...before]: readonly string[]): string {
  const current = at.replace(/^word:/, '');
  const found = completionOf(commands, current, before);
  if (found === 'files') return ':files\n';
  return found
    .filter(({ word }) => word.startsWith(current))
    .map(({ word, help = '' }) => `${word}\t${help}\n`)
    .join('');
}

function completionOf(commands: readonly Command[], current: string, words: readonly string[]): Completion {
  const before = withNameAsOneWord(commands, words);
  const name = before.find((word) => !word.startsWith('-'));
  const names = commands
    .filter((one) => !one.name.includes(' '))
    .map((one) => ({ word: one.name, help: one.summary }));
  if (name === 'help') return names;
  const below = commands
    .filter((one) => one.name.startsWith(`${name} `))
    .map((one) => ({ word: one.name.split(' ')[1] ?? '', help: one.summary }));
  const command = commands.find((one) => one.name === name);
  const options = { ...command?.options, ...globalOptions };
  // Bash takes `--output=json` for three words.
  const [last = '', ahead = ''] = before.toReversed();
  const awaited = valued(options, last === '=' ? ahead : last);
  if (awaited) return choicesOf(awaited, '');
  const [, long, value] = /^(--[\w-]+)=(.*)$/.exec(current) ?? [];
  const given = long === undefined ? undefined : valued(options, long);
  if (given) return value === undefined ? [] : choicesOf(given, `${long}=`);
  if (current.startsWith('-')) return optionWords(options, command === undefined);
  if (name === undefined) return [...names, { word: 'help', help: 'print the help of a command' }];
  if (!command?.argument) return below;
  return command.argument.values?.map((word) => ({ word })) ?? 'files';
}

/** The option of that name, if a value follows it. */
function valued(options: Options, word: string): Exclude<Option, { type: 'flag' }> | undefined {
  const entry = Object.entries(options).find(
    ([long, { short }]) => word === `--${long}` || word === `-${short}`,
  );
  return entry && entry[1].type !== 'flag' ? entry[1] : undefined;
}

function choicesOf(option: Exclude<Option, { type: 'flag' }>, prefix: string): Completion {
  if (option.type === 'value' && option.choices)
    return option.choices.map((word) => ({ word: prefix + word }));
  return prefix === '' && ['FILE', 'DIR'].includes(option.value) ? 'files' : [];
}

const optionWords = (options: Options, isProgram: boolean): Candidate[] => [
  ...Object.entries(options).map(([long, { help }]) => ({ word: `--${long}`, help })),
  { word: '--help', help: 'print the help' },
  ...(isProgram ? [{ word: '--version', help: 'print the version' }] : []),
];
