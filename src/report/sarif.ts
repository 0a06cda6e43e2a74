import { codes } from '../core/codes.ts';
import { message, type Reported, type Severity } from './reported.ts';

const levels: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'note' };

/** SARIF 2.1.0, the form code-scanning pages read. */
export function sarifReport(reported: readonly Reported[]): string {
  const used = [...new Set(reported.map(({ finding }) => finding.code))].toSorted();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sallyport',
            rules: used.map((id) => ({ id, shortDescription: { text: codes[id].title } })),
          },
        },
        results: reported.map(({ finding, severity, file, position }) => ({
          ruleId: finding.code,
          level: levels[severity],
          message: { text: `${finding.at.toString()}: ${message(finding)}. Fix: ${finding.fix}.` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: file.replaceAll('\\', '/') },
                region: { startLine: position.line, startColumn: position.column },
              },
            },
          ],
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}
