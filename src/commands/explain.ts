import labels from '../../docs/labels.md';
import { codes, isCode, type Code } from '../core/codes.ts';
import { nearest } from '../core/nearest.ts';
import type { RuleMetadata } from '../core/rules/metadata.ts';
import { printJson } from '../report/json.ts';
import { rulePage, sectionOf } from '../report/rule-page.ts';
import { jsonOption } from './cluster-options.ts';
import { defineCommand, UsageError } from './command.ts';

/** A label's section begins with what it is a label of. */
const labelHeading = /^## (sallyport\.dev\/\S+)\n\n\*\*([^*]+)\.\*\*/gm;

export const explain = defineCommand({
  name: 'explain',
  summary: 'say what a rule finds and how to fix it, or what a label or annotation does',
  group: 'Check and explain',
  usage: '[CODE | LABEL] [options]',
  description: `
Prints the documentation of one rule, such as MCP201, or of one label or annotation, such as sallyport.dev/servers. Without an argument
it lists both.`,
  options: { output: jsonOption },
  argument: {
    name: 'word',
    what: 'one code or label',
    values: [...Object.keys(codes), ...labelEntries().map(({ label }) => label)],
    open: true,
  },
  examples: [
    [`sallyport explain ${Object.keys(codes)[0]}`, 'read about one rule'],
    ['sallyport explain sallyport.dev/servers', 'read about one annotation'],
    ['sallyport explain', 'list all rules, labels and annotations'],
    ['sallyport explain --output json', 'write all of them for another program'],
  ],
  exit: { 0: 'printed', 2: 'no such rule or label exists' },
  run({ word, output }, terminal) {
    const entries = word === undefined ? [...rules(), ...labelEntries()] : [entryOf(word)];
    if (output === 'json') terminal.out(jsonOf(entries));
    else if (word === undefined) terminal.out(entries.map(lineOf).join(''));
    else for (const { documentation } of entries) terminal.out(`${documentation}\n`);
    return Promise.resolve(0);
  },
});

type Rule = Pick<RuleMetadata<Code>, 'code' | 'title' | 'mode'> & { readonly documentation: string };
interface Label {
  readonly label: string;
  /** Such as `Annotation of a pod`. */
  readonly what: string;
  readonly documentation: string;
}

function entryOf(word: string): Rule | Label {
  const code = word.toUpperCase();
  const entry = isCode(code) ? ruleOf(code) : labelEntries().find(({ label }) => label === word);
  if (!entry) {
    // A number that is near another one means another rule.
    const near = nearest(
      word,
      labelEntries().map(({ label }) => label),
    );
    const hint = near === undefined ? 'to list all, run: sallyport explain' : `did you mean ${near}?`;
    throw new UsageError(`there is no rule or label ${JSON.stringify(word)}; ${hint}`);
  }
  return entry;
}

/** As docs/schemas/explain.schema.json says. */
const jsonOf = (entries: readonly (Rule | Label)[]): string =>
  printJson({
    rules: entries.filter((one) => 'code' in one),
    labels: entries.filter((one) => 'label' in one),
  });

const lineOf = (entry: Rule | Label): string =>
  'code' in entry
    ? `${entry.code}  ${entry.mode.padEnd(8)} ${entry.title}\n`
    : `${entry.label.padEnd(30)} ${entry.what}\n`;

const rules = (): readonly Rule[] => Object.values(codes).map(({ code }) => ruleOf(code));

const ruleOf = (code: Code): Rule => ({
  code,
  title: codes[code].title,
  mode: codes[code].mode,
  documentation: rulePage(code).trim(),
});

function labelEntries(): readonly Label[] {
  return [...labels.matchAll(labelHeading)].map(([, label = '', what = '']) => ({
    label,
    what,
    documentation: (sectionOf(labels, label) ?? '').trim(),
  }));
}
