import { labelledTypes, ownDomain, ownNames, type LabelledType, type OwnName } from '../annotations.ts';
import { identity, type Finding } from '../finding.ts';
import { editsBetween, nearest, suggestion } from '../nearest.ts';
import type { Path } from '../path.ts';
import { shownName } from '../printable.ts';

/** What is wrong with one label or annotation below our prefix, where it is. */

/** Edits between a misspelt `sallyport.dev` and the right one. */
const domainEdits = 3;

export type MapName = OwnName['map'];
export const mapNames: readonly MapName[] = ['labels', 'annotations'];
const word: Readonly<Record<MapName, string>> = { labels: 'label', annotations: 'annotation' };

/** The labels and annotations at one place of an object. */
export interface Metadata {
  readonly value: unknown;
  readonly at: Path;
  /**
   * A workload has no names itself. `undefined` where it is not known which object they end up on: only names that no
   * object has are reported there.
   */
  readonly type: LabelledType | 'workload' | undefined;
  /** Known names that are not reported here. */
  readonly accepted?: (name: string) => boolean;
}

/** Below our domain, or below one that is easily written instead of it. */
export function mayBeOurs(key: string): boolean {
  const slash = key.indexOf('/');
  const domain = key.slice(0, Math.max(slash, 0));
  return domain === ownDomain || editsBetween(domain.toLowerCase(), ownDomain, domainEdits) !== undefined;
}

type Report = (code: 'MCP004' | 'MCP005', what: string, why: string, fix: string) => Finding[];

export function problemOf(key: string, value: unknown, map: MapName, metadata: Metadata): Finding[] {
  const report: Report = (code, what, why, fix) => [
    {
      code,
      at: metadata.at.field(map).entry(key),
      what,
      why,
      fix,
      identity: identity(code, map, key),
    },
  ];
  const known = ownNames.get(key);
  if (!known) return unknownName(key, map, metadata.type, report);
  if (metadata.accepted?.(key)) return [];
  const isHere = metadata.type === undefined || known.on.some((one) => one === metadata.type);
  if (!isHere || known.map !== map) return misplacedName(key, known, map, metadata.type, isHere, report);
  return unusableValue(key, value, known, report);
}

function unknownName(key: string, map: MapName, type: Metadata['type'], report: Report): Finding[] {
  const meant = nearestHere(key, map, type) ?? nearestName(key, [...ownNames.keys()]);
  if (meant === undefined && !key.startsWith(`${ownDomain}/`)) return [];
  return report(
    'MCP004',
    `unknown ${word[map]} ${shownName(key)}${suggestion(meant)}`,
    'Sallyport does not read it, so it has no effect',
    meant === undefined
      ? 'remove it, or write one of those that docs/labels.md lists (sallyport explain)'
      : `rename it to ${meant}`,
  );
}

function misplacedName(
  key: string,
  known: OwnName,
  map: MapName,
  type: Metadata['type'],
  isHere: boolean,
  report: Report,
): Finding[] {
  const places = known.on.map((one) => labelledTypes[one]).join(' or ');
  const what = `${key} is ${article(word[known.map])} of ${places}`;
  const meant = isHere ? undefined : nearestHere(key, map, type);
  if (meant !== undefined)
    return report('MCP004', `${what}${suggestion(meant)}`, noEffect, `rename it to ${meant}`);
  if (isHere)
    return report(
      'MCP004',
      `${what}, and ${article(word[map])} here`,
      noEffect,
      `move it to metadata.${known.map}`,
    );
  return report(
    'MCP004',
    what,
    noEffect,
    type === 'workload' && known.on.includes('pod')
      ? 'move it to the metadata of the pod template'
      : `move it to ${places}, or remove it`,
  );
}

const noEffect = 'it has no effect on this object';

function unusableValue(key: string, value: unknown, { values }: OwnName, report: Report): Finding[] {
  // As if it were left out.
  if (value === null) return [];
  if (typeof value !== 'string')
    return report(
      'MCP005',
      `the value of ${key} is not a text`,
      'the API server rejects the object, because the values of labels and annotations are texts',
      `write it in quotation marks${values ? `: ${key}: "${values[0]}"` : ''}`,
    );
  if (!values || values.includes(value)) return [];
  const meant = nearest(value, values);
  return report(
    'MCP005',
    `${key} has a value without a meaning${suggestion(meant && JSON.stringify(meant))}`,
    `only ${values.map((one) => JSON.stringify(one)).join(', ')} have one, so it has no effect`,
    `write ${key}: "${meant ?? values[0]}"`,
  );
}

/** The nearest name that this place may have. */
function nearestHere(key: string, map: MapName, type: Metadata['type']): string | undefined {
  const here = [...ownNames].filter(([, name]) => name.map === map && name.on.some((one) => one === type));
  return nearestName(
    key,
    here.map(([name]) => name),
  );
}

/** Below our domain only what follows it is compared, so that the domain does not make any two names alike. */
function nearestName(key: string, names: readonly string[]): string | undefined {
  const domain = `${ownDomain}/`;
  if (!key.startsWith(domain)) return nearest(key, names);
  const local = nearest(
    key.slice(domain.length),
    names.map((name) => name.slice(domain.length)),
  );
  return local === undefined ? undefined : `${domain}${local}`;
}

const article = (noun: string): string => `${noun === 'annotation' ? 'an' : 'a'} ${noun}`;
