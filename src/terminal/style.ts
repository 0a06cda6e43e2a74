import picocolors from 'picocolors';
import wrapAnsi from 'wrap-ansi';

type Paint = ReturnType<typeof picocolors.createColors>;

/** How text is shown on one output. */
export interface Style {
  readonly paint: Paint;
  /** The width of the terminal in columns; undefined if the output is a file or a pipe. */
  readonly columns: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Text without colours, one line for each part. */
export const plainStyle: Style = { paint: picocolors.createColors(false), columns: undefined };

/** Colours and width for one output: colours of a terminal, unless the option or the environment says otherwise. */
export const styleOf = (columns: number | undefined, env: Environment, noColor: boolean): Style => ({
  paint: picocolors.createColors(!noColor && hasColors(columns !== undefined, env)),
  columns,
});

/** https://no-color.org and https://force-color.org; NO_COLOR wins, because a user set it for every program. */
function hasColors(isTerminal: boolean, env: Environment): boolean {
  const force = env['FORCE_COLOR'] ?? '';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if (force !== '') return force !== '0' && force !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}

const signs = { good: 'ok', bad: 'NO', unknown: '?' } as const;

/** The first column of a list of checks, three characters wide. */
export function stateSign(state: keyof typeof signs, { paint }: Style): string {
  const sign = signs[state].padEnd(3);
  switch (state) {
    case 'good':
      return paint.green(sign);
    case 'bad':
      return paint.bold(paint.red(sign));
    case 'unknown':
      return paint.yellow(sign);
  }
}

/** Below this width a hanging indent leaves too little for words. */
const leastColumns = 40;

/**
 * Text in lines of at most `columns`, each but the first indented. A command that does not fit stays on one line, so that
 * it can be pasted. Without a width it stays one line.
 */
export function wrapped(text: string, columns: number | undefined, indent: number): string {
  if (columns === undefined || columns < leastColumns) return text;
  const hang = `\n${' '.repeat(indent)}`;
  const lines = (part: string) => wrapAnsi(part, columns - indent, { hard: false, trim: true }).split('\n');
  if (lines(text).length === 1) return text;
  return text
    .split(/ (?=(?:kubectl|sallyport|helm) \S)/)
    .flatMap((part, i) => (i === 0 ? lines(part) : [part]))
    .join(hang);
}
