import rules from '../../docs/rules.md';
import { codes, type Code } from '../core/codes.ts';

/** The section of docs/rules.md about a code, with its heading. */
export const rulePage = (code: Code): string => sectionOf(rules, `${code}:`) ?? '';

/** The section whose heading is that text, or begins with it and a space. */
export const sectionOf = (page: string, heading: string): string | undefined =>
  page
    .split(/^(?=## )/m)
    .find((section) => section.startsWith(`## ${heading} `) || section.startsWith(`## ${heading}\n`));

/** `mcp101-credential-written-inline-in-a-header`: where the section is in the rendered page. */
export const ruleAnchor = (code: Code): string =>
  `${code}: ${codes[code].title}`
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

/** A section without its heading. Links that only work beside the page are replaced by their text. */
export const ruleMarkdown = (code: Code): string =>
  rulePage(code)
    .replace(/^## .*\n/, '')
    .replaceAll(link, (whole, text: string, target: string) => (target.startsWith('https:') ? whole : text))
    .trim();

/** The same as plain text: the words without their markup. */
export const ruleText = (code: Code): string => plain(ruleMarkdown(code));

/** What the rule catches, in plain text: the first paragraph after `Catches:`. */
export function ruleDescription(code: Code): string {
  const paragraph = ruleMarkdown(code)
    .split('\n\n')
    .find((one) => one.startsWith('**Catches:**'));
  const text = plain(paragraph ?? codes[code].title).replace(/^Catches: /, '');
  return sentence(text.replaceAll('\n', ' '));
}

/** A text that begins with a capital letter and ends with a full stop. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.:]$/.test(text) ? '' : '.'}`;

const link = /\[([^[\]]*)\]\(([^()]*)\)/g;

const plain = (markdown: string): string =>
  markdown
    .replaceAll(/^```.*\n/gm, '')
    .replaceAll(/\n```$/gm, '')
    .replaceAll(link, '$1')
    .replaceAll('**', '')
    .replaceAll('`', '');
