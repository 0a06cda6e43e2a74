import type { Inventory, StoredObject } from '../core/cluster.ts';

/** The same inventory, which calls `onObject` with the count of all objects before it hands out each. */
export function countedInventory<T extends StoredObject>(
  inventory: Inventory<T>,
  onObject: (count: number) => void,
): Inventory<T> {
  let count = 0;
  const counted = async function* (all: AsyncIterable<T>) {
    for await (const one of all) {
      count += 1;
      onObject(count);
      yield one;
    }
  };
  return {
    resources: (kind, deadline) => counted(inventory.resources(kind, deadline)),
    pods: (deadline) => counted(inventory.pods(deadline)),
    others: (type, deadline) => counted(inventory.others(type, deadline)),
    copies: (kind, deadline) => counted(inventory.copies(kind, deadline)),
  };
}
