import { NotListed, type Deadline, type Inventory } from '../core/cluster.ts';
import { proxiesOf } from '../core/inject/injected-state.ts';
import { fieldsAt, textAt } from '../core/k8s/objects.ts';
import { auditPods } from './audit.ts';
import type { Engine } from './engine.ts';

/**
 * `NAMESPACE/NAME` of each operator-made pod that was missed while no webhook ran, as `audit` judges it. Rejects with
 * `NotListed`.
 */
export async function missedPods(
  engine: Engine,
  inventory: Inventory,
  deadline: Deadline,
): Promise<readonly string[]> {
  const missed: string[] = [];
  const withoutProxy = async function* () {
    for await (const one of inventory.pods(deadline)) if (proxiesOf(one.object).length === 0) yield one;
  };
  for await (const one of auditPods(engine, withoutProxy(), deadline)) {
    if (one.kind === 'unlisted') throw new NotListed(one.why);
    if (!one.found.some(({ finding }) => finding.missed)) continue;
    const metadata = fieldsAt(one.stored.object, 'metadata');
    missed.push(`${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`);
  }
  return missed;
}
