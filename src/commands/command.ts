import type { Style } from '../terminal/style.ts';

/** What a command may touch of the outside world besides files and sockets. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the user calls the program: `sallyport`, or `kubectl sallyport` for kubectl's plugin. */
  readonly program: string;
  /** The program of the worker threads of `serve`. */
  readonly worker: URL;
  /** The width of each output in columns; undefined for a file or a pipe. */
  readonly columns?: { readonly out: number | undefined; readonly err: number | undefined };
  /** Milliseconds since some moment; it is never set back. */
  readonly now: () => number;
  /** Aborted when the user or the kubelet asks the program to stop, after `stopGracefully`. */
  readonly stop: AbortSignal;
  /** From now on a signal aborts `stop`. Until then it ends the process at once, whatever it is doing. */
  readonly stopGracefully?: () => void;
}

/** A terminal with the global options of one call. */
export interface CommandTerminal extends Terminal {
  /** Print findings and errors only: no summary, no progress, no hints. */
  readonly quiet: boolean;
  readonly outStyle: Style;
  readonly errStyle: Style;
}

interface OptionBase {
  /** A letter, for `-n`. */
  readonly short?: string;
  /** What the option does, in a phrase without a full stop. */
  readonly help: string;
}

/** Given or not: `--complete`. */
export interface FlagOption extends OptionBase {
  readonly type: 'flag';
}

/** With one value: `--config FILE`. The last one counts. */
export interface ValueOption extends OptionBase {
  readonly type: 'value';
  /** The word for the value in the help, in capitals. */
  readonly value: string;
  readonly default?: string;
  /** The only values that are accepted. */
  readonly choices?: readonly string[];
}

/** May be given several times: `--exclude GLOB`. */
export interface ListOption extends OptionBase {
  readonly type: 'list';
  readonly value: string;
}

export type Option = FlagOption | ValueOption | ListOption;
/** By long name, without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** What a command takes besides options. */
export interface Argument {
  /** The key of the value. */
  readonly name: string;
  /** Whether there may be several. */
  readonly many?: boolean;
  readonly required?: boolean;
  /** What it is, as in "lint needs …" or "explain takes …". */
  readonly what: string;
  /** The only words that are accepted, or offered by the shell's completion; without them it offers files. */
  readonly values?: readonly string[];
  /** Whether it accepts other words than `values` too. */
  readonly open?: boolean;
}

type OptionValue<O> = O extends { readonly type: 'flag' }
  ? boolean
  : O extends { readonly type: 'list' }
    ? readonly string[]
    : | (O extends { readonly choices: readonly (infer Choice)[] } ? Choice : string)
      | (O extends { readonly default: string } ? never : undefined);

type ArgumentValue<A> = A extends { readonly many: true }
  ? readonly string[]
  : string | (A extends { readonly required: true } ? never : undefined);

/** The options by long name and the argument by its name, as the command line gives them or by default. */
export type Values<O extends Options, A extends Argument> = {
  readonly [Name in keyof O]: OptionValue<O[Name]>;
} & { readonly [Name in A['name']]: ArgumentValue<A> };

export interface Command {
  /** One word, or two for a command below another one: `kinds try`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The heading of the list of commands under which it is. */
  readonly group: 'Check and explain' | 'Examine a cluster' | 'Run in a cluster';
  /** What follows the command's name in the usage line. */
  readonly usage: string;
  /** Paragraphs with an empty line between; other line ends are blanks. */
  readonly description: string;
  readonly options: Options;
  readonly argument?: Argument;
  /** Lines for a shell with `sallyport NAME` in them, and what each does. */
  readonly examples: readonly (readonly [call: string, what: string])[];
  /** Whether it runs until it is stopped, and has to end its connections or remove its files then. */
  readonly stopsGracefully?: boolean;
  /** Whether it prints objects or a script, in which no word may be changed. */
  readonly printsObjects?: boolean;
  /** What each exit code means. */
  readonly exit: Readonly<Record<number, string>>;
  /** Returns the exit code: 0 fine, 1 findings or a denial. Throws `UsageError` or `InputError` for 2. */
  run(values: Readonly<Record<string, unknown>>, terminal: CommandTerminal): Promise<number>;
}

interface TypedCommand<O extends Options, A extends Argument> extends Omit<Command, 'run'> {
  readonly options: O;
  readonly argument?: A;
  run(values: Values<O, A>, terminal: CommandTerminal): Promise<number>;
}

/** A command whose `run` receives its own options and argument, with their types. */
export const defineCommand = <const O extends Options, const A extends Argument = never>(
  command: TypedCommand<O, A>,
): Command => command;

/** The meaning of exit code 2 for a command that reads files. */
export const unreadable = 'the command line or the input cannot be read';

/**
 * A mistake in the command line; it is printed as one line, and the exit code is 2. Its message may have the command's
 * name as its first word: "lint needs …".
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
