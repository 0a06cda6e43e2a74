import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { schemaErrors } from '../support/published-schema.ts';
import { proxy, reportOf } from './samples.ts';

const errors = schemaErrors('findings');

interface Report {
  readonly summary: Readonly<Record<'checked' | 'errors' | 'warnings' | 'notes', number>>;
  readonly findings: readonly { readonly severity: string }[];
}

describe.each(['lint', 'audit'] as const)('the JSON report of %s', (command) => {
  it('is valid by its published schema', async () => {
    const report = JSON.parse(await reportOf(command, 'json')) as Report;
    expect(errors(report)).toEqual([]);
    expect(errors({ ...report, schemaVersion: 2 })).not.toEqual([]);
    expect(errors({ ...report, more: 1 })).not.toEqual([]);
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
