import { apiVersionOf } from '../core/api-version.ts';
import { message, type Reported } from './reported.ts';

/** One array, one object a finding; the keys are a contract. */
export function jsonReport(reported: readonly Reported[]): string {
  const rows = reported.map(({ finding, severity, file, position, object }) => ({
    code: finding.code,
    severity,
    message: message(finding),
    fix: finding.fix,
    file,
    line: position.line,
    column: position.column,
    path: String(finding.at),
    object: {
      apiVersion: apiVersionOf(object),
      kind: object.kind,
      namespace: object.namespace,
      name: object.name,
    },
  }));
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}
