import type { Unchecked } from '../core/audit/undescribed.ts';
import { apiVersionOf } from '../core/k8s/api-version.ts';
import { printableJson } from '../core/printable.ts';
import { fingerprints } from './fingerprint.ts';
import { message, type Reported, type Severity } from './reported.ts';
import { tool } from './tool.ts';

/** The version of each JSON report: it grows when a field is removed or changes its meaning, and not when one is added. */
export const schemaVersion = 1;

/** A JSON report as it is printed, with the fields that all of them begin with. */
export const printJson = (report: object): string =>
  `${printableJson(JSON.stringify({ schemaVersion, tool: { name: tool.name, version: tool.version }, ...report }, undefined, 2))}\n`;

/** The findings of `lint` and `audit`, as docs/schemas/findings.schema.json says. `problems` is what could not be checked. */
export function jsonReport(
  reported: readonly Reported[],
  {
    checked,
    accepted,
    undescribed,
  }: {
    readonly checked: number;
    readonly accepted?: number | undefined;
    readonly undescribed?: readonly Unchecked[] | null | undefined;
  },
  problems: readonly string[] = [],
): string {
  const count = (severity: Severity) => reported.filter((one) => one.severity === severity).length;
  const prints = fingerprints(reported);
  return printJson({
    summary: {
      checked,
      errors: count('error'),
      warnings: count('warning'),
      notes: count('note'),
      ...(accepted === undefined ? {} : { accepted }),
      ...(undescribed === undefined ? {} : { undescribed }),
    },
    findings: reported.map((one, index) => rowOf(one, prints[index] ?? '')),
    problems,
  });
}

/** An object of a cluster is in no file, and a file that cannot be read has no object: `null`. */
const rowOf = ({ finding, severity, place, object }: Reported, fingerprint: string) => ({
  code: finding.code,
  severity,
  message: message(finding),
  fix: finding.fix,
  file: place?.file ?? null,
  line: place?.position.line ?? null,
  column: place?.position.column ?? null,
  path: String(finding.at),
  object: object
    ? {
        apiVersion: apiVersionOf(object),
        kind: object.kind,
        namespace: object.namespace,
        name: object.name,
      }
    : null,
  fingerprint,
});
