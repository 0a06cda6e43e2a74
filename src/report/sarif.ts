import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { codes, type Code } from '../core/codes.ts';
import type { Mode } from '../core/codes.ts';
import { inGroup } from '../core/model.ts';
import { printableJson } from '../core/printable.ts';
import { fingerprints } from './fingerprint.ts';
import { message, objectName, severities, type Reported, type Severity } from './reported.ts';
import { ruleAnchor, ruleDescription, ruleMarkdown, ruleText, sentence } from './rule-page.ts';
import { tool } from './tool.ts';

/** The folder that a relative location is relative to. The reader knows where the repository is checked out. */
const sourceRoot = '%SRCROOT%';

const levels: Record<Severity, 'error' | 'warning' | 'note'> = {
  error: 'error',
  warning: 'warning',
  note: 'note',
};

/**
 * SARIF 2.1.0 with what GitHub code scanning asks for: https://docs.github.com/code-security/code-scanning/sarif-support.
 * `problems` is what could not be checked.
 */
export function sarifReport(reported: readonly Reported[], problems: readonly string[] = []): string {
  const used = [...new Set(reported.map(({ finding }) => finding.code))].toSorted();
  const indexes = new Map(used.map((code, index) => [code, index]));
  const prints = fingerprints(reported);
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            version: tool.version,
            semanticVersion: tool.version,
            informationUri: tool.homepage,
            language: 'en-US',
            rules: used.map(ruleOf),
          },
        },
        invocations: [
          {
            executionSuccessful: problems.length === 0,
            toolExecutionNotifications: problems.map((text) => ({
              level: 'error',
              message: { text: sentence(text) },
            })),
          },
        ],
        originalUriBaseIds: {
          [sourceRoot]: { description: { text: 'The folder in which the command ran.' } },
        },
        columnKind: 'utf16CodeUnits',
        results: reported.map((one, index) => ({
          ruleId: one.finding.code,
          ruleIndex: indexes.get(one.finding.code),
          level: levels[one.severity],
          message: { text: resultMessage(one) },
          locations: [locationOf(one)],
          partialFingerprints: { 'sallyport/v1': prints[index] },
        })),
      },
    ],
  };
  return `${printableJson(JSON.stringify(log, undefined, 2))}\n`;
}

const resultMessage = ({ finding }: Reported): string =>
  `${finding.at.toString()}: ${message(finding)}. Fix: ${finding.fix}.`;

function ruleOf(code: Code) {
  const { title, mode, securitySeverity, precision = 'very-high' } = codes[code];
  return {
    id: code,
    name: pascalCase(title),
    shortDescription: { text: sentence(title) },
    fullDescription: { text: ruleDescription(code) },
    help: { text: ruleText(code), markdown: ruleMarkdown(code) },
    helpUri: `${tool.homepage}/docs/rules#${ruleAnchor(code)}`,
    defaultConfiguration: mode === 'off' ? { level: 'warning', enabled: false } : { level: levelOf(mode) },
    properties: {
      tags: ['kubernetes', 'mcp', ...(securitySeverity === undefined ? [] : ['security'])],
      precision,
      // GitHub shows one of the two: how bad a security finding is, or how bad another one is.
      ...(securitySeverity === undefined
        ? { 'problem.severity': problemSeverity(mode) }
        : { 'security-severity': securitySeverity.toFixed(1) }),
    },
  };
}

const levelOf = (mode: Exclude<Mode, 'off'>) => levels[severities[mode]];

function problemSeverity(mode: Mode): 'error' | 'warning' | 'recommendation' {
  if (mode === 'enforce') return 'error';
  return mode === 'audit' ? 'recommendation' : 'warning';
}

/** `CredentialWrittenInlineInAHeader` */
const pascalCase = (text: string): string =>
  text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');

/** Where a finding is. An object of a cluster is in no file: its location is its name, written as a path. */
function locationOf({ place, object }: Reported) {
  if (place)
    return {
      physicalLocation: {
        artifactLocation: artifactLocation(place.file),
        region: { startLine: place.position.line, startColumn: place.position.column },
      },
    };
  if (!object) return {};
  const parts = [object.namespace, inGroup(object.kind, object.group), object.name];
  return {
    physicalLocation: {
      artifactLocation: { uri: relativeUri(['cluster', ...parts].filter((part) => part !== '')) },
      region: { startLine: 1 },
    },
    logicalLocations: [{ fullyQualifiedName: objectName(object), kind: 'resource' }],
  };
}

/** Relative to the folder in which the command runs; a file outside of it has an absolute URI. */
function artifactLocation(file: string): { uri: string; uriBaseId?: string } {
  const relative = path.relative('.', file);
  if (path.isAbsolute(relative) || relative.split(path.sep)[0] === '..')
    return { uri: pathToFileURL(file).href };
  return { uri: relativeUri(relative.split(path.sep)), uriBaseId: sourceRoot };
}

const relativeUri = (segments: readonly string[]): string => segments.map(encodeURIComponent).join('/');
