import { codes } from '../src/core/codes.ts';
import type { AtPods, RuleMetadata } from '../src/core/rules/metadata.ts';
import { markdownTable, withPart } from './marked-parts.ts';

const atPods: Readonly<Record<AtPods, string>> = {
  ignore: 'not reported',
  'refuse-if-enforced': 'denied in mode `enforce`',
  report: 'as the mode says',
  refuse: 'denied in every mode',
};

const anchor = ({ code, title }: RuleMetadata): string =>
  `${code}: ${title}`
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

const row = (rule: RuleMetadata): string[] => {
  const isAboutPods = rule.atPods === undefined;
  return [
    `[${rule.code}](#${anchor(rule)})`,
    rule.title,
    `\`${rule.mode}\``,
    isAboutPods ? '' : rule.ratchet === 'server' ? 'if the server is unchanged' : 'yes',
    rule.dryRunWarns ? 'warns' : '',
    rule.atPods === undefined ? '' : atPods[rule.atPods],
    rule.floor ? 'yes' : '',
  ];
};

/** docs/rules.md with its index from the metadata of the rules. */
export const withRuleIndex = (page: string): string =>
  withPart(
    page,
    'all rules',
    markdownTable(
      ['Code', 'Title', 'Default mode', 'Ratchet', 'Dry run', 'Pods that use the resource', 'Policy'],
      Object.values(codes).map(row),
    ),
  );
