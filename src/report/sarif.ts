import { codes } from '../core/codes.ts';
import { printableJson } from '../core/printable.ts';
import { message, objectName, type Reported, type Severity } from './reported.ts';

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
        results: reported.map(({ finding, severity, place, object }) => ({
          ruleId: finding.code,
          level: levels[severity],
          message: { text: `${finding.at.toString()}: ${message(finding)}. Fix: ${finding.fix}.` },
          locations: [locationOf(place, object)],
        })),
      },
    ],
  };
  return `${printableJson(JSON.stringify(log, undefined, 2))}\n`;
}

/** An object of a cluster has a name and no file. */
function locationOf(place: Reported['place'], object: Reported['object']) {
  if (!place) return { logicalLocations: [{ fullyQualifiedName: objectName(object), kind: 'resource' }] };
  return {
    physicalLocation: {
      artifactLocation: { uri: place.file.replaceAll('\\', '/') },
      region: { startLine: place.position.line, startColumn: place.position.column },
    },
  };
}
