import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { proxy, reportOf } from './samples.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../docs/schemas/findings.schema.json', import.meta.url), 'utf8'),
) as object;
const isReport = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

interface Report {
  readonly summary: Readonly<Record<'checked' | 'errors' | 'warnings' | 'notes', number>>;
  readonly findings: readonly { readonly severity: string }[];
}

describe.each(['lint', 'audit'] as const)('the JSON report of %s', (command) => {
  it('is valid by its published schema', async () => {
    const report = JSON.parse(await reportOf(command, 'json')) as Report;
    expect([isReport(report), isReport.errors]).toEqual([true, null]);
    expect(isReport({ ...report, schemaVersion: 2 })).toBe(false);
    expect(isReport({ ...report, more: 1 })).toBe(false);
  });

  it('counts its findings by severity', async () => {
    const { summary, findings } = JSON.parse(await reportOf(command, 'json')) as Report;
    const count = (severity: string) => findings.filter((one) => one.severity === severity).length;
    expect(summary).toMatchObject({
      errors: count('error'),
      warnings: count('warning'),
      notes: count('note'),
    });
    expect(Math.min(summary.errors, summary.warnings)).toBeGreaterThan(0);
  });
});

it('the example in docs/reports.md is what lint prints', async () => {
  const page = readFileSync(new URL('../../docs/reports.md', import.meta.url), 'utf8');
  const [, example = ''] = /^```json\n([^]*?)^```$/m.exec(page) ?? [];
  const printed = await reportOf('lint', 'json', proxy('github', '{ remoteUrl: api.example.com/mcp }'));
  const { tool, ...rest } = JSON.parse(printed) as { tool: object };
  expect(tool).toHaveProperty('version');
  expect(JSON.parse(example)).toMatchObject(rest);
});
