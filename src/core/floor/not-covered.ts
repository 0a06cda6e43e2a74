import type { Code } from '../codes.ts';
import type { KindDescription, ServerShape } from '../kinds/description.ts';
import { describeSteps } from '../kinds/path/describe.ts';
import type { PathExpression } from '../kinds/path/parse.ts';
import { inGroup } from '../model.ts';
import { isCovered, urlOf } from './candidates.ts';
import { codeOf, floorCodes } from './rules.ts';

/** What the floor leaves to the webhook, place by place, with the reason. */
export interface NotCovered {
  /** `plural.group`. */
  readonly kind: string;
  readonly code: Code;
  /** As findings write it, with `[*]` for an index or a key. */
  readonly where: string;
  /** Only what is nested below it. */
  readonly below?: true;
  readonly why: string;
}

/** `@.args` below `$.spec.servers[]`: `spec.servers[*].args`. */
const place = (...parts: readonly (PathExpression | undefined)[]): string => {
  const walks = parts.flatMap((part) => {
    const first = part?.alternatives[0];
    return first?.kind === 'walk' ? [first] : [];
  });
  const from = walks.findLastIndex((walk) => walk.from === 'root');
  return describeSteps(
    walks.slice(Math.max(from, 0)).flatMap(({ steps }) => steps),
    '[*]',
  );
};

export function notCovered(description: KindDescription): NotCovered[] {
  const kind = inGroup(description.plural, description.group);
  if (description.document)
    return (['headers', 'url'] as const).map((part) => ({
      kind,
      code: codeOf(part),
      where: 'data[*]',
      why: 'it is YAML within a text, which the API server cannot read',
    }));
  return description.servers.flatMap((shape) =>
    isCovered.shape(shape)
      ? partsNotCovered(kind, shape)
      : floorCodes.map((code) => ({ kind, code, where: place(shape.each), why: nested })),
  );
}

const nested =
  'it is a list within a list, or depends on one, or on the item around it, which a policy is not made for';

function partsNotCovered(kind: string, shape: ServerShape): NotCovered[] {
  const { url, each, headers, plain, env } = shape;
  return [
    ...headers
      .filter((record) => record.value !== undefined && !isCovered.header(record))
      .map((record) => ({
        kind,
        code: codeOf('headers'),
        where: place(each, record.each, record.value),
        why: nested,
      })),
    ...(isCovered.url(shape)
      ? []
      : [
          {
            kind,
            code: codeOf('url'),
            where: place(each, urlOf(shape)),
            why: 'it is in a list, and a policy reads one URL of each server',
          },
        ]),
    ...(url && 'host' in url && (url.path ?? url.host).alternatives.some(({ kind: of }) => of === 'walk')
      ? [
          {
            kind,
            code: codeOf('url'),
            where: place(each, url.path ?? url.host),
            why: 'the operator makes the URL, and only its parts are written here',
          },
        ]
      : []),
    ...env.flatMap((record): NotCovered[] => {
      const source = record.copied === undefined ? undefined : record.secret;
      if (source === undefined) return [];
      const why = 'it names a Secret, which a controller copies in plain text into other objects';
      return [{ kind, code: codeOf('plain'), where: place(each, record.each, source), why }];
    }),
    ...plain.flatMap((record): NotCovered[] => {
      const { value, name, lines, json } = record;
      const where = place(each, record.each, value);
      if (lines === true || json === true)
        return [
          {
            kind,
            code: codeOf('plain'),
            where,
            why: 'it is the text of a file, whose lines are judged one by one',
          },
        ];
      if (!isCovered.plain(record)) return [{ kind, code: codeOf('plain'), where, why: nested }];
      if (name !== undefined) return [];
      return [
        {
          kind,
          code: codeOf('plain'),
          where,
          below: true,
          why: 'what is nested there has no form that the description declares',
        },
      ];
    }),
  ];
}
