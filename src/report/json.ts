import { apiVersionOf } from '../core/k8s/api-version.ts';
import { printableJson } from '../core/printable.ts';
import { message, type Reported } from './reported.ts';

/** One array, one object a finding; the keys are a contract. An object of a cluster is in no file: `null`. */
export function jsonReport(reported: readonly Reported[]): string {
  const rows = reported.map(({ finding, severity, place, object }) => ({
    code: finding.code,
    severity,
    message: message(finding),
    fix: finding.fix,
    file: place?.file ?? null,
    line: place?.position.line ?? null,
    column: place?.position.column ?? null,
    path: String(finding.at),
    object: {
      apiVersion: apiVersionOf(object),
      kind: object.kind,
      namespace: object.namespace,
      name: object.name,
    },
  }));
  return `${printableJson(JSON.stringify(rows, undefined, 2))}\n`;
}
