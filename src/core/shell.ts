import { escaped, printable } from './printable.ts';

/** Characters that no POSIX shell treats specially inside a word. `~`, `#` and `-` may not start a bare word. */
const bareWord = /^[\w./:@%+,=][\w./:@%+,=-]*$/;

/**
 * One argument of a command that a person may paste into a POSIX shell, such as an annotation's `KEY=VALUE`. Text with
 * any other character is put into single quotes, where a shell expands nothing. Invisible characters appear escaped.
 */
export function shellQuoted(text: string): string {
  return bareWord.test(text) ? text : `'${printable(text).replaceAll("'", `'\\''`)}'`;
}

/** Names of objects and keys of Secrets. kubectl would read a leading `-` as an option. */
const kubernetesName = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/;

/**
 * A name as an argument of kubectl. Other people choose names, so one that Kubernetes would reject is quoted and each
 * unexpected character is written as its code point: kubectl then reads one name, which it rejects, and no option, no
 * `type/name`, no list with commas.
 */
export function shellName(name: string): string {
  if (kubernetesName.test(name)) return name;
  return `'${name.replaceAll(/^-|[^A-Za-z0-9_. -]/gu, escaped)}'`;
}
