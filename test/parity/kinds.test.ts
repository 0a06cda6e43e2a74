import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { parsePath } from '../../src/core/kinds/path/parse.ts';
import { readConfiguration } from '../../src/core/configuration.ts';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { crAnnotations } from '../../src/core/annotations.ts';
import { describedPaths, descriptions, pluralName } from '../kinds/described-paths.ts';
import { fixtureFolders } from '../kinds/fixtures.ts';
import { differences } from '../support/differences.ts';
import { runSallyport } from '../support/terminal.ts';
import { findingsIn } from '../support/findings.ts';

const page = readFileSync(new URL('../../docs/kinds.md', import.meta.url), 'utf8');
const listed = compileKinds().all;
const described = [...descriptions.values()];

describe('the kinds', () => {
  const files = described.map(pluralName);

  it('in src/core/kinds are those of the list in index.ts', () => {
    const inList = listed.map(pluralName);
    expect(differences('src/core/kinds/*.yaml', files, 'src/core/kinds/index.ts', inList)).toEqual([]);
    expect(inList).toHaveLength(files.length);
  });

  it('in src/core/kinds are called after their kind and group', () => {
    const names = described.map(({ kind, group }) => inGroup(kind.toLowerCase(), group));
    expect(differences('the descriptions', names, 'the file names', [...descriptions.keys()])).toEqual([]);
  });

  it('in src/core/kinds each have a folder of fixtures', () => {
    expect(differences('src/core/kinds/*.yaml', files, 'test/kinds', fixtureFolders)).toEqual([]);
  });

  it('in src/core/kinds each have a section in docs/kinds.md', () => {
    const sections = [...page.matchAll(/^### `(\S+)`$/gm)].map(([, name = '']) => name);
    const names = described.map(({ kind, group }) => inGroup(kind, group));
    expect(differences('src/core/kinds/*.yaml', names, 'docs/kinds.md', sections)).toEqual([]);
    expect(sections).toHaveLength(names.length);
  });

  it('have every field they are read from in docs/kinds.md', () => {
    for (const description of described) {
      const [, section = ''] = page.split(
        `<!-- fields of ${inGroup(description.kind, description.group)} -->`,
      );
      const shown = new Set(section.split('<!-- end -->')[0]?.split(/[^\w-]+/));
      // Names, transports and switches of a record are said in its own words.
      const servers = description.servers.map((shape) => ({
        ...shape,
        transport: { default: 'http' as const, values: {} },
        name: parsePath("''"),
      }));
      const fields = describedPaths({ ...description, servers })
        .filter(({ inPodTemplate }) => !inPodTemplate)
        .flatMap(({ steps }) => steps.filter((step) => /^\w/.test(step)));
      // A row says Secret or ConfigMap, and names objects, instead of the fields that say so.
      const unsaid = new Set(['type', 'kind', 'name', 'field', 'optional', 'metadata']);
      expect(fields.filter((field) => !shown.has(field) && !unsaid.has(field))).toEqual([]);
    }
  });

  it('take every TLS annotation that docs/kinds.md names', () => {
    const named = new Set(page.match(/sallyport\.dev\/[a-z-]+(?=`)/g));
    expect([...named].toSorted()).toEqual(Object.values(crAnnotations).toSorted());
  });
});

describe("docs/kinds.md's own kind", () => {
  const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => yaml);
  const configuration = blocks.find((yaml) => yaml.includes('kind: Configuration')) ?? '';
  const resource = blocks.find((yaml) => /^kind: Toolbox$/m.test(yaml)) ?? '';

  it('is a configuration that is accepted', () => {
    expect(readConfiguration(parseDocument(configuration).toJS())).not.toHaveProperty('problems');
  });

  it('gives exactly the findings that stand beside it', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-docs-'));
    const file = path.join(folder, 'sallyport.yaml');
    writeFileSync(file, configuration);
    const { code, out, err } = await runSallyport(
      ['lint', '--config', file, '--complete', '-o', 'json', '-'],
      {
        stdin: resource,
      },
    );
    rmSync(folder, { recursive: true });
    expect(err).toBe('');
    const found = findingsIn<{ code: string; path: string }>(out).map((one) => `${one.code} ${one.path}`);
    const [, shown = ''] = /finds:\n\n```\n([^]*?)```/.exec(page) ?? [];
    expect(found).toEqual(shown.trim().split('\n'));
    expect(code).toBe(1);
  });

  it('is complete: every word of the form stands in the page', () => {
    const words = new Set<string>();
    const collect = (schema: unknown): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, additionalProperties, ...rest } = schema as Record<string, unknown>;
      for (const [name, value] of Object.entries(properties ?? {})) {
        words.add(name);
        collect(value);
      }
      collect(additionalProperties);
      for (const value of Object.values(rest)) collect(value);
    };
    collect(z.toJSONSchema(kindDescription, { io: 'input' }));
    expect(words.size).toBeGreaterThan(50);
    for (const word of words) expect(page).toContain(`\`${word}\``);
  });
});
