import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { references } from '../../src/core/model.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { objectLimits } from '../../src/core/limits.ts';
import { fieldsAt, isFields, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { hasUpstream, upstreamFiles, upstreamText } from './folder.ts';

type Sizes = Record<keyof typeof objectLimits, number>;

const kinds = compileKinds();
const largest: Sizes = {
  values: 0,
  depth: 0,
  nameLength: 0,
  textLength: 0,
  servers: 0,
  references: 0,
  headers: 0,
  plainTexts: 0,
  links: 0,
  findings: 0,
};
const note = (limit: keyof Sizes, size: number) => {
  largest[limit] = Math.max(largest[limit], size);
};

/** The number of values in it; the other sizes are noted. */
function visit(value: unknown, depth: number): number {
  note('depth', depth);
  if (typeof value === 'string') note('textLength', value.length);
  if (typeof value !== 'object' || value === null) return 1;
  return Object.entries(value).reduce((count, [key, below]: [string, unknown]) => {
    if (key === 'managedFields') return count;
    if (!Array.isArray(value)) note('nameLength', key.length);
    return count + visit(below, depth + 1);
  }, 1);
}

function noteServers(object: Fields): void {
  const { group, version } = splitApiVersion(textAt(object, 'apiVersion'));
  const kind = kinds.find(group, textAt(object, 'kind'));
  if (!kind?.selects(object)) return;
  const owner = { group, version, kind: kind.kind, namespace: 'a', name: 'a' };
  const { servers, exceeded } = kind.read(object, owner);
  expect(exceeded).toBeUndefined();
  const sum = (of: (server: (typeof servers)[number]) => number) =>
    servers.reduce((total, server) => total + of(server), 0);
  note('servers', servers.length);
  note(
    'references',
    sum((server) => references(server).length),
  );
  note(
    'headers',
    sum(({ headers }) => headers.length),
  );
  note(
    'plainTexts',
    sum(({ plain }) => plain.length),
  );
  note(
    'links',
    sum(({ links }) => links.length),
  );
}

const objects = [...upstreamFiles('examples', '.yaml'), ...upstreamFiles('recorded', '.json')].flatMap(
  (file): Fields[] => {
    const text = upstreamText(file);
    const documents: unknown[] = file.endsWith('.json')
      ? [JSON.parse(text)]
      : parseAllDocuments(text).map((one): unknown => one.toJS());
    return documents
      .map((one) =>
        textAt(one, 'kind') === 'AdmissionReview' ? fieldsAt(fieldsAt(one, 'request'), 'object') : one,
      )
      .filter(isFields);
  },
);

describe.skipIf(!hasUpstream)('the largest object that the supported systems publish', () => {
  it('is within a tenth of each limit, and no larger than docs/limits.md says', () => {
    expect(objects.length).toBeGreaterThan(40);
    for (const object of objects) {
      note('values', visit(object, 0));
      noteServers(object);
    }
    for (const [limit, { largest: documented, most }] of Object.entries(objectLimits)) {
      const size = largest[limit as keyof Sizes];
      expect([limit, size <= documented, size * 10 <= most]).toEqual([limit, true, true]);
    }
  });
});
