import type { Command, Option } from './command.ts';

/** Paragraphs with one line each, for a help text that wraps them. */
export const unwrapped = (text: string): string =>
  text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) =>
      paragraph
        .split('\n')
        .map((line) => line.trim())
        .join(' '),
    )
    .join('\n\n');

/** What an option does, the values that it accepts and its default. */
export function optionHelp(option: Option): string {
  if (option.type !== 'value') return option.help;
  const parts = [
    ...(option.choices ? [alternatives(option.choices)] : []),
    ...(option.default === undefined ? [] : [`default: ${option.default}`]),
  ];
  return parts.length === 0 ? option.help : `${option.help} (${parts.join('; ')})`;
}

/** `text, json or sarif` */
export const alternatives = (words: readonly string[]): string =>
  [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');

/** Examples and exit codes, which a command's help ends with. */
export function endOfHelp({ examples, exit }: Command): string {
  const calls = examples.flatMap(([call, what]) => [`  # ${what}`, `  ${call}`]);
  const codes = Object.entries(exit).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return ['', 'Examples:', ...calls, '', 'Exit codes:', ...codes].join('\n');
}
