import page from '../../docs/rules.md';
import { codes, isCode } from '../core/codes.ts';
import { UsageError, parseArguments, type Command } from './command.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'say what a rule catches, why, and how to fix it',
  help: `sallyport explain [CODE]

Prints the page of one rule, such as MCP201; without a code the list of all.

Exit: 0 fine, 2 there is no such rule.
`,
  run(args, terminal) {
    const { positionals } = parseArguments(args, {});
    const [word, extra] = positionals;
    if (extra !== undefined) throw new UsageError('explain takes one code');
    if (word === undefined) {
      for (const [code, { title, mode }] of Object.entries(codes))
        terminal.out(`${code}  ${mode.padEnd(8)} ${title}\n`);
      return Promise.resolve(0);
    }
    const code = word.toUpperCase();
    const section = sectionOf(code);
    if (!isCode(code) || section === undefined)
      throw new UsageError(`there is no rule ${JSON.stringify(word)}; sallyport explain lists them`);
    terminal.out(`${section.trim()}\n`);
    return Promise.resolve(0);
  },
};

const sectionOf = (code: string): string | undefined =>
  page.split(/^(?=## )/m).find((section) => section.startsWith(`## ${code}:`));
