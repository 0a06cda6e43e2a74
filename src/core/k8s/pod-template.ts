import { pointer } from '../inject/edit.ts';
import { Path } from '../path.ts';
import { isFields, type Fields } from './objects.ts';

/** Where a workload keeps its pod; a Pod is its own. */
const templates: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The pod inside a workload; `undefined` when the kind makes none that we know. */
export function podIn(object: Fields): Fields | undefined {
  const keys = typeof object['kind'] === 'string' ? templates[object['kind']] : undefined;
  let found: unknown = keys && object;
  for (const key of keys ?? []) found = isFields(found) ? found[key] : undefined;
  return isFields(found) ? found : undefined;
}

/** Where the pod stands in a workload of that kind, as a JSON pointer. */
export const templatePath = (kind: string): string => pointer(...(templates[kind] ?? []));

/** The same place as a path. */
export const podPath = (workload: Fields): Path =>
  Path.fields(...(templates[String(workload['kind'])] ?? []));

/** The workload with another pod in that place; everything else is the same. */
export function withPod(object: Fields, pod: Fields): Fields {
  const put = (value: unknown, keys: readonly string[]): Fields => {
    const [key, ...rest] = keys;
    if (key === undefined) return pod;
    const fields = isFields(value) ? value : {};
    return { ...fields, [key]: put(fields[key], rest) };
  };
  return put(object, templates[String(object['kind'])] ?? []);
}
