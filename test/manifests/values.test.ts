import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartValues } from '../../build/chart-values.ts';
import manifest from '../../package.json' with { type: 'json' };
import { repository } from '../cluster/cache.ts';

const read = (file: string) => readFileSync(path.join(repository, 'manifests/chart', file), 'utf8');
const values = chartValues(read('values.yaml'));

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Path and description of every value in the schema; the configuration has its own documentation. */
function described(schema: Schema, prefix = ''): [string, string | undefined][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, one]): [string, string | undefined][] => {
    const at = `${prefix}${key}`;
    return [[at, one.description], ...(at === 'config' ? [] : described(one, `${at}.`))];
  });
}

describe('the values of the chart', () => {
  it('have one sentence or more each in values.yaml', () => {
    for (const { path: at, description } of values) expect(description, at).toMatch(/^[A-Z][^\n]*\.$/);
  });

  it('are described in the schema in the same words, and the schema has no other', () => {
    const schema = described(JSON.parse(read('values.schema.json')) as Schema).filter(
      ([at]) => at !== 'global',
    );
    expect(Object.fromEntries(schema)).toEqual(
      Object.fromEntries(values.map(({ path: at, description }) => [at, description])),
    );
  });

  it('are in the README with their defaults', () => {
    const rows = [...read('README.md').matchAll(/^\| `([\w.-]+)` +\| `(.+?)` +\| /gm)].map(
      ([, at, value = '']) => [at, JSON.parse(value) as unknown],
    );
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(values.flatMap((one) => ('value' in one ? [[one.path, one.value]] : []))),
    );
  });
});

describe('Chart.yaml', () => {
  const chart = parse(read('Chart.yaml')) as {
    readonly icon: string;
    readonly annotations: Readonly<Record<string, string>>;
  };

  it('has an icon that is a picture', () => {
    const [, encoded = ''] = /^data:image\/svg\+xml;base64,(.+)$/.exec(chart.icon) ?? [];
    expect(Buffer.from(encoded, 'base64').toString()).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>$/,
    );
  });

  it('has the annotations of Artifact Hub in the form that it reads', () => {
    const { annotations } = chart;
    expect(annotations['artifacthub.io/license']).toBe(manifest.license);
    const changes = parse(annotations['artifacthub.io/changes'] ?? '') as readonly {
      kind: string;
      description: string;
    }[];
    expect(changes.length).toBeGreaterThan(0);
    for (const { kind, description } of changes) {
      expect(['added', 'changed', 'deprecated', 'removed', 'fixed', 'security']).toContain(kind);
      expect(description).toMatch(/\S/);
    }
    const links = parse(annotations['artifacthub.io/links'] ?? '') as readonly {
      name: string;
      url: string;
    }[];
    for (const { url } of links) expect(url).toMatch(/^https:\/\//);
  });
});
