import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';
import { badExamples, plainHeader, reportOf } from './samples.ts';

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string; readonly markdown: string };
  readonly helpUri: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: string };
      readonly region: { readonly startLine: number };
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

interface Run {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version: string;
      readonly semanticVersion: string;
      readonly informationUri: string;
      readonly rules: readonly Rule[];
    };
  };
  readonly results: readonly Result[];
}

const fixture = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/schemas/${file}`, import.meta.url), 'utf8'));

const validator = new Ajv2020({ strict: false, allErrors: true });
formats.default(validator);
const isSarif = validator.compile(fixture('sarif-2.1.0.json') as object);

const runOf = (text: string): Run => (JSON.parse(text) as { readonly runs: [Run] }).runs[0];

describe.each(['lint', 'audit'] as const)('the SARIF report of %s', (command) => {
  it('is valid by the public schema of SARIF 2.1.0', async () => {
    const report = JSON.parse(await reportOf(command, 'sarif')) as { version?: string };
    expect([isSarif(report), isSarif.errors]).toEqual([true, null]);
    delete report.version;
    expect(isSarif(report)).toBe(false);
  });

  it('is valid without findings', async () => {
    const report = await reportOf(
      command,
      'sarif',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n',
    );
    expect([isSarif(JSON.parse(report)), isSarif.errors]).toEqual([true, null]);
    expect(runOf(report).results).toEqual([]);
  });

  it('says which program and version wrote it, and where to read more', async () => {
    const { driver } = runOf(await reportOf(command, 'sarif')).tool;
    expect(driver.name).toBe('sallyport');
    expect(driver.semanticVersion).toMatch(/^\d+\.\d+\.\d+/);
    expect(driver.version).toBe(driver.semanticVersion);
    expect(new URL(driver.informationUri).protocol).toBe('https:');
  });
});

describe('what GitHub code scanning requires', () => {
  it('of a rule: identifier, name, descriptions, help and a link', async () => {
    const { rules } = runOf(await reportOf('lint', 'sarif')).tool.driver;
    expect(rules.length).toBeGreaterThan(20);
    for (const rule of rules) {
      const at = (part: string) => `${rule.id} ${part}`;
      expect(rule.name, at('name')).toMatch(/^(?:[A-Z][a-z0-9]*)+$/);
      expect(rule.name.length, at('name')).toBeLessThanOrEqual(255);
      for (const { text } of [rule.shortDescription, rule.fullDescription]) {
        expect(text, at('description')).toMatch(/^[^a-z][^\n]*\.$/);
        expect(text.length, at('description')).toBeLessThanOrEqual(1024);
      }
      expect(rule.help.text, at('help')).toMatch(/^Default mode: .*Catches: .*Why: .*Fix: /s);
      expect(rule.help.text, at('help')).not.toMatch(/\*\*|`|\]\(/);
      expect(rule.help.markdown, at('help')).toMatch(/\*\*Catches:\*\* \S/);
      expect(rule.help.markdown, at('relative link')).not.toMatch(/\]\((?!https:)/);
      expect(rule.helpUri, at('link')).toMatch(/#mcp\d{3}-[a-z0-9-]+$/);
    }
  });

  it('of a rule: tags, precision and either a security severity or a problem severity', async () => {
    for (const { id, properties } of runOf(await reportOf('lint', 'sarif')).tool.driver.rules) {
      const security = properties['security-severity'];
      expect(['medium', 'high', 'very-high'], id).toContain(properties.precision);
      expect((properties.tags as string[]).includes('security'), id).toBe(security !== undefined);
      if (security === undefined)
        expect(['error', 'warning', 'recommendation'], id).toContain(properties['problem.severity']);
      else expect(security, id).toMatch(/^(?:10\.0|[1-9]\.\d)$/);
    }
  });

  it('of every rule there is: a security severity within the scale, where it has one', () => {
    const given = Object.values(codes).flatMap(({ securitySeverity }) => securitySeverity ?? []);
    expect(given.length).toBeGreaterThan(15);
    for (const severity of given) expect(severity > 0 && severity <= 10).toBe(true);
  });

  it('of a result: its rule, one location with a line, and a message that ends with a full stop', async () => {
    const { tool, results } = runOf(await reportOf('lint', 'sarif'));
    expect(results.length).toBeGreaterThan(20);
    for (const { ruleId, ruleIndex, message, locations } of results) {
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(message.text).toMatch(/\.$/);
      expect(locations).toHaveLength(1);
      expect(locations[0]?.physicalLocation.region.startLine).toBeGreaterThan(0);
    }
  });
});

describe('locations in a SARIF report', () => {
  it('are encoded, relative to the folder in which the command runs', async () => {
    const folder = mkdtempSync('test/report/tmp-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(path.join(folder, 'a b'));
    writeFileSync(path.join(folder, 'a b', '100% ü#1.yaml'), plainHeader('github'));
    const { out } = await runSallyport(['lint', folder, '-o', 'sarif']);
    const [result] = runOf(out).results;
    expect(result?.locations[0]?.physicalLocation.artifactLocation).toEqual({
      uri: `${folder}/a%20b/100%25%20%C3%BC%231.yaml`,
      uriBaseId: '%SRCROOT%',
    });
  });

  it('outside of that folder are absolute', async () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'a b.yaml'), plainHeader('github'));
    const { out } = await runSallyport(['lint', folder, '-o', 'sarif']);
    expect(runOf(out).results[0]?.locations[0]?.physicalLocation.artifactLocation).toEqual({
      uri: `file://${folder}/a%20b.yaml`,
    });
  });
});

describe('fingerprints of findings', () => {
  const printsOf = async (stdin: string) =>
    runOf(await reportOf('lint', 'sarif', stdin)).results.map(
      ({ partialFingerprints }) => partialFingerprints['sallyport/v1'],
    );

  it('are unique within a report', async () => {
    const prints = await printsOf(badExamples);
    expect(prints.every((print) => /^[0-9a-f]{32}(?::\d+)?$/.test(print ?? ''))).toBe(true);
    expect(new Set(prints).size).toBe(prints.length);
  });

  it('stay the same when lines are added above and the value changes', async () => {
    const before = await printsOf(plainHeader('github'));
    expect(await printsOf(`# a comment\n\n${plainHeader('github').replace('abcdef', 'ghijkl')}`)).toEqual(
      before,
    );
    expect(before).toHaveLength(1);
  });

  it('differ for another object', async () => {
    const [[first], [second]] = [await printsOf(plainHeader('a')), await printsOf(plainHeader('b'))];
    expect(first).not.toBe(second);
  });
});
