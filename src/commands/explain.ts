import labels from '../../docs/labels.md';
import rules from '../../docs/rules.md';
import { codes, isCode } from '../core/codes.ts';
import { UsageError, parseArguments, type Command } from './command.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'say what a rule catches and how to fix it, or what a label or annotation is for',
  help: `sallyport explain [CODE | LABEL]

Prints the page of one rule, such as MCP201, or of one label or annotation, such as sallyport.dev/servers; without either
the lists of both.

Exit: 0 fine, 2 there is no such rule or label.
`,
  run(args, terminal) {
    const { positionals } = parseArguments(args, {});
    const [word, extra] = positionals;
    if (extra !== undefined) throw new UsageError('explain takes one code or label');
    if (word === undefined) {
      for (const [code, { title, mode }] of Object.entries(codes))
        terminal.out(`${code}  ${mode.padEnd(8)} ${title}\n`);
      for (const [, label = '', where = ''] of labels.matchAll(labelHeading))
        terminal.out(`${label.padEnd(30)} ${where}\n`);
      return Promise.resolve(0);
    }
    const section = word.startsWith('sallyport.dev/') ? sectionOf(labels, word) : ruleOf(word.toUpperCase());
    if (section === undefined)
      throw new UsageError(`there is no rule or label ${JSON.stringify(word)}; sallyport explain lists them`);
    terminal.out(`${section.trim()}\n`);
    return Promise.resolve(0);
  },
};

/** A label's section begins with what it is a label of. */
const labelHeading = /^## (sallyport\.dev\/\S+)\n\n\*\*([^*]+)\.\*\*/gm;

const ruleOf = (code: string): string | undefined =>
  isCode(code) ? sectionOf(rules, `${code}:`) : undefined;

/** The section whose heading is that, or begins with it and a space. */
const sectionOf = (page: string, heading: string): string | undefined =>
  page
    .split(/^(?=## )/m)
    .find((section) => section.startsWith(`## ${heading} `) || section.startsWith(`## ${heading}\n`));
