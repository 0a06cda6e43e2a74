import { Option as ParserOption, type Command as Parser } from 'commander';
import { UsageError, type Command, type Option, type Options } from './command.ts';
import { alternatives } from './help.ts';

/** What the options of a command line are, by long name; those that are not given have their default. */
export const optionValues = (options: Options, parser: Parser): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([long, option]) => {
      const given: unknown = parser.getOptionValue(new ParserOption(`--${long}`).attributeName());
      return [long, given ?? defaultOf(option)];
    }),
  );

function defaultOf(option: Option): unknown {
  switch (option.type) {
    case 'flag':
      return false;
    case 'list':
      return [];
    case 'value':
      return option.default;
  }
}

/** Throws `UsageError` for a value that the option does not accept. */
export function checkValue(long: string, option: Option, text: string, argv: readonly string[]): void {
  if (text.length > 1 && text.startsWith('-') && !argv.includes(`--${long}=${text}`))
    throw new UsageError(
      `--${long} needs a value, but ${JSON.stringify(text)} follows it; a value that begins with a dash is written --${long}=${text}`,
    );
  const choices = option.type === 'value' ? option.choices : undefined;
  if (choices && !choices.includes(text))
    throw new UsageError(`--${long} must be one of ${alternatives(choices)}, but is ${JSON.stringify(text)}`);
}

/** What a command takes besides options, under its name. Throws `UsageError` for too little or too much of it. */
export function argumentValue(command: Command, words: readonly string[]): Record<string, unknown> {
  const { name, argument } = command;
  const [first, second] = words;
  if (!argument) {
    if (first !== undefined)
      throw new UsageError(`${name} takes no argument, but got ${JSON.stringify(first)}`);
    return {};
  }
  if (argument.required && first === undefined) throw new UsageError(`${name} needs ${argument.what}`);
  if (argument.many) return { [argument.name]: words };
  if (second !== undefined)
    throw new UsageError(`${name} takes ${argument.what}, but got ${JSON.stringify(second)} too`);
  if (first !== undefined && argument.values && !argument.open && !argument.values.includes(first))
    throw new UsageError(`${name} takes ${argument.what}, but got ${JSON.stringify(first)}`);
  return { [argument.name]: first };
}
