import { identity, type Finding } from '../finding.ts';
import { Path } from '../path.ts';

/** Said in the answer to an update, so kubectl shows it to whoever changes the resource. `atLeast`: there may be more. */
export function stalePodsFinding(count: number, atLeast: boolean): Finding {
  const some = `${atLeast ? 'at least ' : ''}${count} pod${count === 1 ? '' : 's'}`;
  const [keep, they, are] = count === 1 ? ['keeps', 'it', 'is'] : ['keep', 'they', 'are'];
  return {
    code: 'MCP510',
    at: Path.fields('metadata', 'name'),
    what: `${some} ${keep} what this said when ${they} ${count === 1 ? 'was' : 'were'} admitted, until ${they} ${are} made anew; to revoke at once, change or delete the Secret`,
    why: 'a running pod is never changed',
    fix: 'restart their workloads when it suits; `sallyport audit` lists them',
    identity: identity('MCP510'),
  };
}
