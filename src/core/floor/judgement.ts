import {
  aboutWords,
  certainParameters,
  commonShapes,
  exactNames,
  flagWords,
  harmlessValue,
  keyCompany,
  placeholder,
  sensitiveParameters,
  sensitiveWords,
  shortestShape,
  spokenParameter,
  variable,
} from '../credentials/index.ts';
import { list, literal, re2 } from './cel.ts';
import { codeOf } from './rules.ts';

/**
 * The judgement of `credentials/` in CEL, from the same words and shapes. It may say less than the webhook, never more: what the floor
 * refuses, the webhook would refuse too.
 */

/** The API server counts a search as text times expression; a longer value is left to the webhook. */
export const longestSearched = 1024;

const anyOf = (words: ReadonlySet<string>): string => [...words].join('|');

/** A name's parts, each between dashes of its own, so that neighbours can be told: `-x--api--key-`. */
const parts = (name: string): string =>
  `${name}.lowerAscii().replace('_', '-').replace('.', '-').split('-').filter(part, part != '').map(part, '-' + part + '-').join('')`;

const sensitive = `(?:-(?:${anyOf(keyCompany)})--key-|-(?:${anyOf(sensitiveWords)})-)`;
/** Takes the words along that make it harmless: one of them before it, or one after it. */
export const inContext = `(?:-(?:${anyOf(flagWords)})-)?${sensitive}(?:-(?:${anyOf(aboutWords)})-)?`;
export const alone = `^${sensitive}$`;
export const shape = commonShapes.map(re2).join('|');

const lists = (name: string, lower: string): string => `${lower} in variables.${name}`;

const sensitiveName = (name: string): string => {
  const lower = `${name}.lowerAscii()`;
  const known = `${lower} in ${list([...exactNames].map(literal))}`;
  const spoken = `${parts(name)}.findAll(${literal(inContext)}).exists(found, found.matches(${literal(alone)}))`;
  return `(${lists('sensitive', lower)} || ${known} || ${spoken})`;
};

const hasShape = (text: string): string =>
  `(${text}.size() >= ${shortestShape} && ${text}.size() <= ${longestSearched} && ${text}.trim().matches(${literal(shape)}))`;

/** Whether a candidate (`name`, `value`, and the `text` it was taken from where that is more) is a credential in plain text. */
export function isCredential(candidate: string): string {
  const [name, value] = [`${candidate}.name`, `${candidate}.value`];
  const text = `(has(${candidate}.text) ? ${candidate}.text : ${value})`;
  const among = (names: ReadonlySet<string>) => `${name}.lowerAscii() in ${list([...names].map(literal))}`;
  const matches = (regex: RegExp) => `${value}.trim().matches(${literal(re2(regex))})`;
  const parameter = `(${candidate}.code == ${literal(codeOf('url'))} && ${among(sensitiveParameters)} && (${among(certainParameters)} || !${matches(spokenParameter)}))`;
  return [
    `${value}.trim() != ''`,
    // A header without a name is not sent.
    `(${candidate}.code != ${literal(codeOf('headers'))} || ${name} != '')`,
    `!(${lists('harmless', `${name}.lowerAscii()`)})`,
    `(${hasShape(text)} || ((${parameter} || ${sensitiveName(name)}) && !${value}.contains(${literal('${')}) && !${value}.contains('{{') && !${matches(placeholder)} && !${matches(harmlessValue)} && !${matches(variable)}))`,
  ].join(' && ');
}
