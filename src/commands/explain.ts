import labels from '../../docs/labels.md';
import { codes, isCode } from '../core/codes.ts';
import { rulePage, sectionOf } from '../report/rule-page.ts';
import { defineCommand, UsageError } from './command.ts';

/** A label's section begins with what it is a label of. */
const labelHeading = /^## (sallyport\.dev\/\S+)\n\n\*\*([^*]+)\.\*\*/gm;

export const explain = defineCommand({
  name: 'explain',
  summary: 'say what a rule finds and how to fix it, or what a label or annotation does',
  group: 'Check and explain',
  usage: '[CODE | LABEL]',
  description: `
Prints the documentation of one rule, such as MCP201, or of one label or annotation, such as sallyport.dev/servers. Without an argument
it lists both.`,
  options: {},
  argument: {
    name: 'word',
    what: 'one code or label',
    values: [...Object.keys(codes), ...labelNames()],
    open: true,
  },
  examples: [
    [`sallyport explain ${Object.keys(codes)[0]}`, 'read about one rule'],
    ['sallyport explain sallyport.dev/servers', 'read about one annotation'],
    ['sallyport explain', 'list all rules, labels and annotations'],
  ],
  exit: { 0: 'printed', 2: 'no such rule or label exists' },
  run({ word }, terminal) {
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
});

const ruleOf = (code: string): string | undefined => (isCode(code) ? rulePage(code) : undefined);

function labelNames(): string[] {
  return [...labels.matchAll(labelHeading)].map(([, label = '']) => label);
}
