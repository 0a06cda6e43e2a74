import { pointer } from '../inject/edit.ts';
import { inGroup } from '../model.ts';
import { Path } from '../path.ts';
import { splitApiVersion } from './api-version.ts';
import { isFields, textAt, type Fields } from './objects.ts';

/** Where a workload keeps its pod; a Pod is its own. Kinds of other systems are named with their group. */
const templates: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', []],
  ['Deployment', ['spec', 'template']],
  ['ReplicaSet', ['spec', 'template']],
  ['ReplicationController', ['spec', 'template']],
  ['StatefulSet', ['spec', 'template']],
  ['DaemonSet', ['spec', 'template']],
  ['Job', ['spec', 'template']],
  ['CronJob', ['spec', 'jobTemplate', 'spec', 'template']],
  ['Sandbox.agents.x-k8s.io', ['spec', 'podTemplate']],
  ['SandboxTemplate.extensions.agents.x-k8s.io', ['spec', 'podTemplate']],
]);

function templateKeys(object: Fields): readonly string[] | undefined {
  const kind = textAt(object, 'kind');
  const { group } = splitApiVersion(textAt(object, 'apiVersion'));
  return templates.get(kind) ?? templates.get(inGroup(kind, group));
}

/** The pod inside a workload; `undefined` when the kind makes none that we know. */
export function podIn(object: Fields): Fields | undefined {
  const keys = templateKeys(object);
  let found: unknown = keys && object;
  for (const key of keys ?? []) found = isFields(found) ? found[key] : undefined;
  return isFields(found) ? found : undefined;
}

/** Where the pod stands in a workload of that kind, as a JSON pointer. */
export const templatePath = (kind: string): string => pointer(...(templates.get(kind) ?? []));

/** The same place as a path. */
export const podPath = (workload: Fields): Path => Path.fields(...(templateKeys(workload) ?? []));

/** The workload with another pod in that place; everything else is the same. */
export function withPod(object: Fields, pod: Fields): Fields {
  const put = (value: unknown, keys: readonly string[]): Fields => {
    const [key, ...rest] = keys;
    if (key === undefined) return pod;
    const fields = isFields(value) ? value : {};
    return { ...fields, [key]: put(fields[key], rest) };
  };
  return put(object, templateKeys(object) ?? []);
}
