import { fieldsAt } from '../core/k8s/objects.ts';
import type { Found } from '../core/cluster.ts';

/** With what tells it from another one of its name, and from itself at another time. */
export function withIdentity({ ref, object }: Found): Found {
  const { uid, generation } = fieldsAt(object, 'metadata');
  return {
    object,
    ref: {
      ...ref,
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof generation === 'number' ? { generation } : {}),
    },
  };
}
