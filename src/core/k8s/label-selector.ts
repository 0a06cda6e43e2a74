import { fieldsAt, listAt, textAt } from './objects.ts';

/** Whether a Kubernetes label selector takes these labels. An empty one takes all. */
export function selects(selector: unknown, labels: ReadonlyMap<string, string>): boolean {
  const equal = Object.entries(fieldsAt(selector, 'matchLabels'));
  return (
    equal.every(([key, value]) => labels.get(key) === value) &&
    listAt(selector, 'matchExpressions').every((one) => {
      const value = labels.get(textAt(one, 'key'));
      const values: readonly unknown[] = Array.isArray(one['values']) ? one['values'] : [];
      switch (one['operator']) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
