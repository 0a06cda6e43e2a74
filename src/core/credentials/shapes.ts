import { z } from 'zod';
import ownDocument from './shapes.yaml';
import { Keywords } from './keywords.ts';
import { decodedParts, entropy } from './values.ts';

/**
 * Does a text hold something that has the form of a credential? The forms are data: our own (shapes.yaml), and those of
 * gitleaks, converted by build/gitleaks-rules.ts.
 */

const rule = z.strictObject({
  id: z.string(),
  /** In lower case; the rule is tried only where one of them is. */
  keywords: z.array(z.string().min(1)).min(1),
  pattern: z.string(),
  flags: z.literal('i').optional(),
  /** What is found counts only with at least so many bits per character. */
  entropy: z.number().optional(),
  /** What is found counts only with a digit in it. */
  digit: z.boolean().optional(),
  /** Written in what JavaScript and RE2 have in common, and part of the floor. */
  floor: z.boolean().optional(),
});

const prefixes = z.strictObject({ floor: z.string(), more: z.string() });

const own = z.strictObject({ letters: prefixes, mixed: prefixes, rules: z.array(rule) }).parse(ownDocument);

export interface ShapeRule {
  readonly id: string;
  readonly keywords: readonly string[];
  readonly regex: RegExp;
  readonly entropy?: number;
  readonly digit?: boolean;
}

const list = (text: string): string[] => text.trim().split(/\s+/);
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
const beginning = '(?:^|[^A-Za-z0-9])';

/** Issuers' own prefixes, published so that scanners can find them; at least 20 characters follow. */
const prefixRule = (prefix: string, characters: string, more: boolean): ShapeRule => ({
  id: `prefix ${prefix}`,
  keywords: [prefix.toLowerCase()],
  regex: new RegExp(`${beginning}${escaped(prefix)}${characters}{20${more ? ',200' : ''}}`),
  ...(more ? { digit: true } : {}),
});

const ruleOf = ({
  pattern,
  flags,
  id,
  keywords,
  entropy: least,
  digit,
}: z.output<typeof rule>): ShapeRule => ({
  id,
  keywords,
  regex: new RegExp(pattern, flags),
  ...(least === undefined ? {} : { entropy: least }),
  ...(digit === undefined ? {} : { digit }),
});

const [letters, mixed] = ['[A-Za-z0-9]', '[A-Za-z0-9_-]'];

export const shapeRules: readonly ShapeRule[] = [
  ...list(own.letters.floor).map((prefix) => prefixRule(prefix, letters, false)),
  ...list(own.mixed.floor).map((prefix) => prefixRule(prefix, mixed, false)),
  ...list(own.letters.more).map((prefix) => prefixRule(prefix, letters, true)),
  ...list(own.mixed.more).map((prefix) => prefixRule(prefix, mixed, true)),
  ...own.rules.map(ruleOf),
];

/** The shapes that the API server searches for too (floor/), in what JavaScript and RE2 have in common. */
export const commonShapes: readonly RegExp[] = [
  new RegExp(`${beginning}(?:${list(own.letters.floor).map(escaped).join('|')})${letters}{20}`),
  new RegExp(`${beginning}(?:${list(own.mixed.floor).map(escaped).join('|')})${mixed}{20}`),
  ...own.rules.filter(({ floor }) => floor === true).map(({ pattern, flags }) => new RegExp(pattern, flags)),
];

const keywords = [...new Set(shapeRules.flatMap((one) => one.keywords))];
const search = new Keywords(keywords);
/** For each keyword the rules to try. */
const rulesOf = keywords.map((keyword) => shapeRules.filter((one) => one.keywords.includes(keyword)));

/** No shape fits in less (`ab://:x@`), and most plain headers are shorter: `acme`, `eu-1`, `true`. */
export const shortestShape = 8;

function matches({ regex, entropy: least, digit }: ShapeRule, text: string): boolean {
  if (least === undefined && digit !== true) return regex.test(text);
  for (const [found, secret = found] of text.matchAll(new RegExp(regex, `${regex.flags}g`)))
    if ((least === undefined || entropy(secret) >= least) && (digit !== true || /\d/.test(secret)))
      return true;
  return false;
}

/** The rule that finds a credential's shape in a text, as it is written. */
function shapeIn(text: string): ShapeRule | undefined {
  const trimmed = text.trim();
  if (trimmed.length < shortestShape) return undefined;
  const tried = new Set<ShapeRule>();
  for (const index of search.in(trimmed))
    for (const one of rulesOf[index]!) {
      if (tried.has(one)) continue;
      tried.add(one);
      if (matches(one, trimmed)) return one;
    }
  return undefined;
}

/** The same, with what is written in base64 decoded once. */
export const hasCredentialShape = (text: string): boolean =>
  shapeIn(text) !== undefined || decodedParts(text).some((part) => shapeIn(part) !== undefined);
