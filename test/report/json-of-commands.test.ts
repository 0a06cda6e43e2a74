import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { schemaErrors } from '../support/published-schema.ts';
import { runSallyport } from '../support/terminal.ts';

type Entry = Readonly<Record<string, unknown>>;

/** What a command prints with `-o json`. It fails where the output does not conform to the schema, or the schema is lax. */
async function jsonOf(schema: string, ...args: readonly string[]): Promise<Record<string, readonly Entry[]>> {
  const { code, out, err } = await runSallyport([...args, '-o', 'json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const report = JSON.parse(out) as Record<string, readonly Entry[]>;
  const errors = schemaErrors(schema);
  expect(errors(report)).toEqual([]);
  expect(errors({ ...report, schemaVersion: 2 })).not.toEqual([]);
  expect(errors({ ...report, more: 1 })).not.toEqual([]);
  return report;
}

describe('sallyport kinds -o json', () => {
  it('has the kinds of the table', async () => {
    const { kinds = [] } = await jsonOf('kinds', 'kinds');
    const { out } = await runSallyport(['kinds']);
    const rows = kinds.map((one) =>
      [
        inGroup(String(one['plural']), String(one['group'])),
        String(one['versions']),
        one['family'],
        ...(one['injectable'] === true ? ['servers'] : []),
      ].join(' '),
    );
    expect(rows).toEqual(
      out
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    );
  });

  it("has a team's own kinds too", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-kinds-'));
    try {
      const config = path.join(folder, 'config.yaml');
      await writeFile(
        config,
        `apiVersion: sallyport.dev/v1
kind: Configuration
kinds:
  - family: tools
    group: tools.example.com
    kind: ToolBox
    plural: toolboxes
    versions: [v1]
    servers: [{ url: $.spec.url }]
`,
      );
      const { kinds = [] } = await jsonOf('kinds', 'kinds', '--config', config);
      expect(kinds).toHaveLength(compileKinds().all.length + 1);
      expect(kinds.at(-1)).toMatchObject({
        group: 'tools.example.com',
        kind: 'ToolBox',
        plural: 'toolboxes',
        versions: ['v1'],
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('sallyport explain -o json', () => {
  it('has every rule, label and annotation of the list', async () => {
    const { rules = [], labels = [] } = await jsonOf('explain', 'explain');
    expect(rules.map(({ code, title, mode }) => ({ code, title, mode }))).toEqual(
      Object.values(codes).map(({ code, title, mode }) => ({ code, title, mode })),
    );
    const { out } = await runSallyport(['explain']);
    expect(labels.map(({ label }) => label)).toEqual(out.match(/^sallyport\.dev\/\S+/gm));
    expect(labels).toContainEqual(
      expect.objectContaining({ label: 'sallyport.dev/servers', what: 'Annotation of a pod' }),
    );
  });

  it.each(['mcp201', 'sallyport.dev/servers'])('of %s has its documentation alone', async (word) => {
    const { rules = [], labels = [] } = await jsonOf('explain', 'explain', word);
    const { out } = await runSallyport(['explain', word]);
    expect([...rules, ...labels].map(({ documentation }) => documentation)).toEqual([out.trim()]);
    expect(rules).toHaveLength(word === 'mcp201' ? 1 : 0);
  });

  it('of an unknown word prints no JSON', async () => {
    const { code, out, err } = await runSallyport(['explain', 'MCP999', '-o', 'json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('there is no rule or label "MCP999"');
  });
});
