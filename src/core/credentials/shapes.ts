import { z } from 'zod';
import gitleaksDocument from './gitleaks.yaml';
import ownDocument from './shapes.yaml';
import { Keywords } from './keywords.ts';
import { isDescription } from './names.ts';
import { decodedParts, entropy } from './values.ts';

/**
 * Does a text hold something that has the form of a credential? The forms are data: our own (shapes.yaml), and those of
 * gitleaks, converted by build/gitleaks-rules.ts.
 */

const form = {
  id: z.string(),
  pattern: z.string(),
  flags: z.literal('i').optional(),
  /** What is found counts only with at least so many bits per character. */
  entropy: z.number().optional(),
  /** What is found does not count if one of these is in it: an issuer's own examples. */
  allow: z.array(z.string()).optional(),
};

const rule = z.strictObject({
  ...form,
  /** In lower case; the rule is tried only where one of them is. */
  keywords: z.array(z.string().min(1)).min(1),
  /** Written in what JavaScript and RE2 have in common, and part of the floor. */
  floor: z.boolean().optional(),
});

/** The form is too common to say anything, but under an issuer's name it is a credential of theirs. */
const namedRule = z.strictObject({ ...form, name: z.string() });

const prefixes = z.strictObject({ floor: z.string(), more: z.string() });

const own = z.strictObject({ letters: prefixes, mixed: prefixes, rules: z.array(rule) }).parse(ownDocument);

const gitleaks = z
  .strictObject({
    source: z.string(),
    version: z.string(),
    date: z.string(),
    license: z.string(),
    rules: z.array(rule),
    named: z.array(namedRule),
    /** Which rules are left out, and why. */
    leftOut: z.record(z.string(), z.string()),
  })
  .parse(gitleaksDocument);

interface Form {
  readonly id: string;
  readonly regex: RegExp;
  readonly entropy?: number;
  /** What is found counts only with a digit in it. */
  readonly digit?: true;
  readonly allow?: readonly RegExp[];
}

interface ShapeRule extends Form {
  readonly keywords: readonly string[];
}

const list = (text: string): string[] => text.trim().split(/\s+/);
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
const beginning = '(?:^|[^A-Za-z0-9])';

/** Issuers' own prefixes, published so that scanners can find them; at least 20 characters follow. */
const prefixRule = (prefix: string, characters: string, more: boolean): ShapeRule => ({
  id: `prefix ${prefix}`,
  keywords: [prefix.toLowerCase()],
  regex: new RegExp(`${beginning}${escaped(prefix)}${characters}{20${more ? ',200' : ''}}`),
  ...(more ? { digit: true as const } : {}),
});

const formOf = ({
  id,
  pattern,
  flags,
  entropy: least,
  allow,
}: z.output<typeof rule | typeof namedRule>): Form => ({
  id,
  regex: new RegExp(pattern, flags),
  ...(least === undefined ? {} : { entropy: least }),
  ...(allow === undefined ? {} : { allow: allow.map((one) => new RegExp(one)) }),
});

const ruleOf = (one: z.output<typeof rule>): ShapeRule => ({ ...formOf(one), keywords: one.keywords });

const [letters, mixed] = ['[A-Za-z0-9]', '[A-Za-z0-9_-]'];

export const shapeRules: readonly ShapeRule[] = [
  ...list(own.letters.floor).map((prefix) => prefixRule(prefix, letters, false)),
  ...list(own.mixed.floor).map((prefix) => prefixRule(prefix, mixed, false)),
  ...list(own.letters.more).map((prefix) => prefixRule(prefix, letters, true)),
  ...list(own.mixed.more).map((prefix) => prefixRule(prefix, mixed, true)),
  ...own.rules.map(ruleOf),
  ...gitleaks.rules.map(ruleOf),
];

const namedRules = gitleaks.named.map((one) => ({
  ...formOf({ ...one, pattern: `^(?:${one.pattern})$` }),
  name: new RegExp(one.name),
}));

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

function matches({ regex, entropy: least, digit, allow }: Form, text: string): boolean {
  if (least === undefined && digit !== true && allow === undefined) return regex.test(text);
  for (const [found, secret = found] of text.matchAll(new RegExp(regex, `${regex.flags}g`)))
    if (
      (least === undefined || entropy(secret) >= least) &&
      (digit !== true || /\d/.test(secret)) &&
      !allow?.some((one) => one.test(secret))
    )
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

const anyIssuer = new RegExp(gitleaks.named.map(({ name }) => name).join('|'));
const shortestToken = 15;

/** Lower than what random digits have, higher than words. */
const leastEntropy = 2.8;
const longestToken = 256;

/** Whether a value has the form of the credentials of the issuer that the name mentions: `DATADOG: 0f1e...`. */
export function hasIssuersShape(name: string, value: string): boolean {
  const lower = name.toLowerCase();
  if (value.length > longestToken || value.length < shortestToken || !anyIssuer.test(lower)) return false;
  const text = value.trim();
  // Words have no digits, and numbers no letters: an id, a host, a region.
  if (!/\d/.test(text) || !/[A-Za-z]/.test(text) || isDescription(name)) return false;
  return namedRules.some(
    (one) => one.name.test(lower) && matches(one, text) && entropy(text) >= leastEntropy,
  );
}
