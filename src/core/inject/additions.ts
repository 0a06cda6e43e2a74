import type { Finding } from '../finding.ts';
import { ownPrefix } from '../names.ts';
import { Path } from '../path.ts';
import { pointer, type Edit } from './edit.ts';
import { proxiesOf } from './carried.ts';
import { contains, isIntactSidecar, isIntactVolume } from './intact.ts';
import { podFinding } from './pod-finding.ts';
import { containersOf, fieldsAt, isFields, listAt, textAt, type Container, type Fields } from './pod.ts';

/**
 * Changes of one pod. What is already there as it should be is left as it is, so a second run changes nothing; what is
 * there under our name but differs is made anew, because a pod may be restored from an older release or a copy of one.
 */
export class Additions {
  readonly edits: Edit[] = [];
  readonly findings: Finding[] = [];
  readonly #pod: Fields;
  readonly #created = new Set<string>();
  readonly #injectedBefore: boolean;

  constructor(pod: Fields) {
    this.#pod = pod;
    this.#injectedBefore = proxiesOf(pod).length > 0;
  }

  /** All volumes of ours; another one under our prefix is of a plan that holds no more, and goes. */
  volumes(wanted: readonly { readonly volume: Fields; readonly explain: string }[]): void {
    const present = listOf(this.#pod, 'spec', 'volumes');
    const indexOf = (name: string) => present.findIndex((one) => textAt(one, 'name') === name);
    for (const { volume, explain } of wanted) {
      const index = indexOf(textAt(volume, 'name'));
      const existing = present[index];
      if (existing === undefined) this.#append(['spec', 'volumes'], volume, explain);
      else if (!isFields(existing) || !isIntactVolume(existing, volume))
        this.edits.push({
          op: 'replace',
          path: pointer('spec', 'volumes', index),
          value: volume,
          explain: `${explain} (made anew)`,
        });
    }
    const names = new Set(wanted.map(({ volume }) => textAt(volume, 'name')));
    // From the back, so that one removal does not move the place of the next.
    for (const [index, one] of [...present.entries()].toReversed()) {
      const name = textAt(one, 'name');
      if (name.startsWith(ownPrefix) && !names.has(name))
        this.edits.push({
          op: 'remove',
          path: pointer('spec', 'volumes', index),
          explain: `volume ${name}: of servers the pod no longer asks for`,
        });
    }
  }

  /** One of ours, at its place among the init containers, or where it already stands. */
  container(container: Fields, explain: string, at: number): void {
    const own = textAt(container, 'name');
    const same = containersOf(this.#pod).filter(({ name }) => name === own);
    const [only, ...more] = same;
    if (only?.list === 'initContainers' && more.length === 0) {
      const path = pointer('spec', only.list, only.index);
      if (!isIntactSidecar(only.fields, container))
        this.edits.push({ op: 'replace', path, value: container, explain: `${explain} (made anew)` });
      return;
    }
    for (const { list, index } of same.toReversed())
      this.edits.push({
        op: 'remove',
        path: pointer('spec', list, index),
        explain: `container ${own} in ${list}: it is no init container there`,
      });
    this.#parent(['spec', 'initContainers'], []);
    this.edits.push({ op: 'add', path: pointer('spec', 'initContainers', at), value: container, explain });
  }

  /** At the front of a container's list, so that its own entries can refer to them. A name it already sets stays its own. Returns how many were added. */
  environment(
    container: Container,
    variables: readonly { readonly name: string; readonly value: string }[],
    explain: string,
  ): number {
    const present = listOf(container.fields, 'env');
    const indexOf = (name: string) => present.findIndex((entry) => textAt(entry, 'name') === name);
    const missing = variables.filter(({ name }) => indexOf(name) < 0);
    // In a pod that was injected before they are ours, and may say where its proxy listened then.
    for (const variable of this.#injectedBefore ? variables : []) {
      const index = indexOf(variable.name);
      if (index < 0 || textAt(present[index], 'value') === variable.value) continue;
      this.edits.push({
        op: 'replace',
        path: pointer('spec', container.list, container.index, 'env', index),
        value: variable,
        explain: `${explain} ${variable.name}=${variable.value} (made anew)`,
      });
    }
    if (missing.length === 0) return 0;
    const keys = ['spec', container.list, container.index, 'env'];
    this.#parent(keys, []);
    missing.forEach((variable, i) => {
      this.edits.push({
        op: 'add',
        path: pointer(...keys, i),
        value: variable,
        explain: `${explain} ${variable.name}=${variable.value}`,
      });
    });
    return missing.length;
  }

  /** At one place of a container's list, which must be there. */
  variableAt(
    container: Container,
    index: number,
    value: { readonly name: string; readonly value: string },
    explain: string,
  ): void {
    const path = pointer('spec', container.list, container.index, 'env', index);
    this.edits.push({ op: 'add', path, value, explain });
  }

  /** A value of the operator's own that says where servers are. The closed list of such places is a test. */
  rewrite(path: string, value: unknown, explain: string): void {
    this.edits.push({ op: 'replace', path, value, explain });
  }

  /** Variables of the operator's own that hold a credential. It moves the places of those behind them. */
  withoutVariables(
    container: Container,
    indexes: readonly number[],
    explain: (name: string) => string,
  ): void {
    const env = listOf(container.fields, 'env');
    // From the back, so that one removal does not move the place of the next.
    for (const index of indexes.toSorted((a, b) => b - a))
      this.edits.push({
        op: 'remove',
        path: pointer('spec', container.list, container.index, 'env', index),
        explain: explain(textAt(env[index], 'name')),
      });
  }

  mount(container: Container, mount: Fields, explain: string): void {
    const present = listAt(container.fields, 'volumeMounts');
    if (present.some((one) => contains(one, mount))) return;
    const at = Path.fields('spec', container.list).item(container.index).field('volumeMounts');
    if (present.some((one) => textAt(one, 'mountPath').replace(/\/+$/, '') === textAt(mount, 'mountPath'))) {
      this.findings.push(
        podFinding(
          'MCP502',
          at,
          `container ${container.name} already mounts something at ${textAt(mount, 'mountPath')}`,
          "the app's mcp.json is mounted there",
          'mount it elsewhere',
        ),
      );
      return;
    }
    this.#append(['spec', container.list, container.index, 'volumeMounts'], mount, explain);
  }

  metadata(map: 'annotations' | 'labels', key: string, value: string, explain: string): void {
    if (fieldsAt(fieldsAt(this.#pod, 'metadata'), map)[key] === value) return;
    this.#parent(['metadata', map], {});
    this.edits.push({ op: 'add', path: pointer('metadata', map, key), value, explain });
  }

  #append(keys: readonly (string | number)[], value: Fields, explain: string): void {
    this.#parent(keys, []);
    this.edits.push({ op: 'add', path: pointer(...keys, '-'), value, explain });
  }

  /** A missing or null list or map is made first: adding into nothing would make the API server refuse the pod. */
  #parent(keys: readonly (string | number)[], empty: readonly [] | object): void {
    const path = pointer(...keys);
    if (this.#created.has(path)) return;
    let value: unknown = this.#pod;
    for (const key of keys)
      value =
        isFields(value) || Array.isArray(value)
          ? (value as Record<string | number, unknown>)[key]
          : undefined;
    if (value !== undefined && value !== null) return;
    this.#created.add(path);
    this.edits.push({ op: 'add', path, value: empty });
  }
}

/** A list as it stands, with items that are no objects in their places. */
function listOf(value: unknown, ...keys: readonly string[]): readonly unknown[] {
  const found = keys.reduce<unknown>((one, key) => (isFields(one) ? one[key] : undefined), value);
  return Array.isArray(found) ? found : [];
}
