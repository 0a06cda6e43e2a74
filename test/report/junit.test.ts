import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { badExamples, plainHeader, proxy, reportOf } from './samples.ts';

const schema = {
  fileName: 'junit-4.xsd',
  contents: readFileSync(new URL('../fixtures/schemas/junit-4.xsd', import.meta.url), 'utf8'),
};

const problemsOf = async (contents: string): Promise<string[]> => {
  const { errors } = await validateXML({ xml: { fileName: 'report.xml', contents }, schema });
  return errors.map(({ message }) => message);
};

describe.each(['lint', 'audit'] as const)('the JUnit report of %s', (command) => {
  it('is valid by the schema of JUnit reports', async () => {
    const report = await reportOf(command, 'junit');
    expect(report.match(/<testcase /g)?.length).toBeGreaterThan(20);
    expect(await problemsOf(report)).toEqual([]);
    expect(await problemsOf(report.replace('<testcase ', '<test '))).not.toEqual([]);
  });

  it('is valid without objects', async () => {
    const report = await reportOf(
      command,
      'junit',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
    );
    expect(await problemsOf(report)).toEqual([]);
    expect(report).toContain('tests="0" failures="0" errors="0" time="0.000"');
  });
});

describe('times in a JUnit report', () => {
  const seconds = (text: string) => [...text.matchAll(/ time="([0-9.]+)"/g)].map(([, time]) => Number(time));

  it('are those of each check, and the suite has their sum', async () => {
    const [all = 0, suite = 0, ...cases] = seconds(await reportOf('lint', 'junit', badExamples));
    expect(cases.every((time) => time > 0)).toBe(true);
    expect(suite).toBe(all);
    expect(Math.abs(all - cases.reduce((sum, time) => sum + time, 0))).toBeLessThan(0.001);
  });
});

describe('a failed test case', () => {
  const twice = proxy(
    'github',
    '{ remoteUrl: "https://api.example.com/mcp?token=abcdef", headerForward: { addPlaintextHeaders: { Authorization: Bearer abcdef } } }',
  );

  it('has one failure, which says how many errors there are and lists each', async () => {
    const report = await reportOf('lint', 'junit', twice);
    const failures = [...report.matchAll(/<failure type="(MCP\d+)" message="([^"]*)">([^<]*)<\/failure>/g)];
    expect(failures).toHaveLength(1);
    const [[, , message = '', text = ''] = []] = failures;
    expect(message).toMatch(/^\[MCP10\d\] .* \(and 1 more\)$/);
    expect(text.split('\n').map((line) => /error \[(MCP\d+)\]/.exec(line)?.[1])).toEqual([
      'MCP101',
      'MCP102',
    ]);
  });

  it('does not stand for another object of the same file', async () => {
    const report = await reportOf(
      'lint',
      'junit',
      `${twice}---\n${plainHeader('other')}---\n${proxy('fine', '{ remoteUrl: https://a.example.com }')}`,
    );
    expect(report).toContain('tests="3" failures="2"');
  });
});
