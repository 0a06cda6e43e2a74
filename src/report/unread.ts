import { identity } from '../core/finding.ts';
import { Path } from '../core/path.ts';
import type { UnreadFile } from '../files/source.ts';
import type { Reported } from './reported.ts';

/**
 * A file that could not be read, as a finding. Always an error: it may hold anything, and no configuration is about
 * files.
 */
export function reportedUnread({ file, position, problem, fix }: UnreadFile): Reported {
  return {
    finding: {
      code: 'MCP003',
      at: Path.root,
      what: problem,
      why: position ? 'nothing in this document was checked' : 'nothing in it was checked',
      fix,
      identity: identity('MCP003', problem),
    },
    severity: 'error',
    place: { file, position: position ?? { line: 1, column: 1 } },
    object: undefined,
  };
}
