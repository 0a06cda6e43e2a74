import { Command as Parser, CommanderError, Option as ParserOption } from 'commander';
import { version } from '../report/version.ts';
import { UsageError, type Command, type Option, type Options } from './command.ts';
import { endOfHelp, optionHelp, unwrapped } from './help.ts';
import { argumentValue, checkValue, optionValues } from './values.ts';

/** The options that every command has. */
export const globalOptions = {
  quiet: { type: 'flag', short: 'q', help: 'print findings and errors only' },
  'no-color': { type: 'flag', help: 'print no colors; the environment variable NO_COLOR does the same' },
  debug: { type: 'flag', help: 'print where an internal error happened; so does SALLYPORT_DEBUG=1' },
} as const satisfies Options;

export interface GlobalValues {
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly debug: boolean;
}

/** The width of a help text that is not printed on a terminal, in columns. */
const plainWidth = 100;
/** Longer lines are hard to read, however wide the terminal is. */
const maximumWidth = 120;

interface Caller {
  /** How the user calls the program. */
  readonly program: string;
  /** Columns of the terminal; undefined if the output is not a terminal. */
  readonly width?: number | undefined;
}

export type ParsedCommandLine =
  | {
      readonly kind: 'run';
      readonly command: Command;
      readonly values: Readonly<Record<string, unknown>>;
      readonly global: GlobalValues;
    }
  | { readonly kind: 'print'; readonly text: string; readonly code: 0 | 2 }
  | { readonly kind: 'misuse'; readonly message: string; readonly command?: Command | undefined };

/** Parses a command line. It prints nothing and never ends the process. */
export function parseCommandLine(
  commands: readonly Command[],
  words: readonly string[],
  caller: Caller,
): ParsedCommandLine {
  const argv = withNameAsOneWord(commands, words);
  const at = argv.findIndex((one) => !one.startsWith('-'));
  const name = argv[at];
  if (name === 'help') {
    const [asked] = withNameAsOneWord(commands, argv.slice(at + 1));
    return parseCommandLine(commands, [...(asked === undefined ? [] : [asked]), '--help'], caller);
  }
  const command = commands.find((one) => one.name === name);
  let printed = '';
  let run: ParsedCommandLine | undefined;
  const program = programParser(caller, (text) => (printed += text));
  for (const one of commands) {
    const parser = addCommand(program, one, argv);
    parser.action(() => {
      const values = { ...optionValues(one.options, parser), ...argumentValue(one, parser.args) };
      const { quiet, color, debug } = { ...program.opts(), ...parser.opts() } as Record<string, unknown>;
      const global = { quiet: quiet === true, noColor: color === false, debug: debug === true };
      run = { kind: 'run', command: one, values, global };
    });
  }
  try {
    // An unknown command is unknown whatever options follow it.
    program.parse(name === undefined || command ? argv : [name], { from: 'user' });
  } catch (error) {
    if (error instanceof UsageError) return { kind: 'misuse', message: error.message, command };
    if (!(error instanceof CommanderError)) throw error;
    if (printed === '') return { kind: 'misuse', message: messageOf(error), command };
    return { kind: 'print', text: printed, code: error.code === 'commander.help' ? 2 : 0 };
  }
  if (!run) throw new Error('the parser ran no command and reported no error');
  return run;
}

/** The two words of `kinds try` become one, wherever global options are. */
export function withNameAsOneWord(commands: readonly Command[], words: readonly string[]): readonly string[] {
  const at = words.findIndex((one) => !one.startsWith('-'));
  const name = `${words[at]} ${words[at + 1]}`;
  return commands.some((one) => one.name === name) ? words.toSpliced(at, 2, name) : words;
}

/** The help of one command, as `docs/cli.md` shows it. */
export function helpOf(commands: readonly Command[], name: string): string {
  const parsed = parseCommandLine(commands, [name, '--help'], { program: 'sallyport' });
  if (parsed.kind !== 'print') throw new Error(`${name} is no command`);
  return parsed.text;
}

/** The parser's message in the form of ours: `unknown option --contxt; did you mean --context?` */
function messageOf({ message }: CommanderError): string {
  const [text = '', hint = ''] = message.replace(/^error: /, '').split('\n');
  // `option '-n, --namespace <NAME>' argument missing`
  const [, flags = '', value = ''] = /^option '([^<>']*)<([^<>']*)>' argument missing$/.exec(text) ?? [];
  const option = flags.trim().split(' ').at(-1) ?? '';
  const what = option === '' ? text.replaceAll("'", '') : `${option} needs a value (${value})`;
  const similar = /^\(Did you mean (.+)\?\)$/.exec(hint)?.[1];
  return `${what}${similar === undefined ? '' : `; did you mean ${similar}?`}`;
}

function programParser({ program, width }: Caller, print: (text: string) => void): Parser {
  const helpWidth = () => Math.min(width ?? plainWidth, maximumWidth);
  const parser = new Parser(program)
    .usage('COMMAND [options]')
    .description('Keeps the credentials of MCP servers on Kubernetes in their Secrets.')
    .version(version, '-V, --version', 'print the version')
    .enablePositionalOptions()
    .helpCommand(false)
    .exitOverride()
    .configureHelp({
      subcommandTerm: (one) => one.name(),
      optionTerm: ({ flags }) => flags.replaceAll(/[<>]/g, ''),
    })
    .configureOutput({
      writeOut: print,
      writeErr: print,
      outputError: () => undefined,
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', `\nRun ${program} help COMMAND for the options and examples of a command.`);
  addGlobalOptions(parser, 'Options:');
  return parser;
}

function addCommand(program: Parser, command: Command, argv: readonly string[]): Parser {
  const { name, summary, description, usage, group, options } = command;
  const parser = program
    .command('command')
    .name(name)
    .summary(summary)
    .description(unwrapped(description))
    .usage(usage)
    .helpGroup(`${group}:`)
    .allowExcessArguments();
  for (const [long, option] of Object.entries(options)) {
    const made = parserOption(long, option);
    if (option.type !== 'flag')
      made.argParser<unknown>((text, before) => {
        checkValue(long, option, text, argv);
        return option.type === 'list' ? [...(Array.isArray(before) ? before : []), text] : text;
      });
    parser.addOption(made);
  }
  addGlobalOptions(parser, 'Global options:');
  return parser.addHelpText('after', endOfHelp(command));
}

function addGlobalOptions(parser: Parser, heading: string): void {
  for (const [long, option] of Object.entries(globalOptions))
    parser.addOption(parserOption(long, option).helpGroup(heading));
  parser.addHelpOption(new ParserOption('-h, --help', 'print this help').helpGroup(heading));
}

function parserOption(long: string, option: Option): ParserOption {
  const letter = option.short === undefined ? '' : `-${option.short}, `;
  const value = option.type === 'flag' ? '' : ` <${option.value}>`;
  return new ParserOption(`${letter}--${long}${value}`, optionHelp(option));
}
