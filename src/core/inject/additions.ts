import type { Finding } from '../finding.ts';
import { Path } from '../path.ts';
import { pointer, type Edit } from './edit.ts';
import { contains, isIntactSidecar, isIntactVolume } from './intact.ts';
import { podFinding } from './pod-finding.ts';
import { containersOf, fieldsAt, isFields, listAt, textAt, type Container, type Fields } from './pod.ts';

/**
 * Additions to one pod. What is already there is left as it is, so a second run adds nothing; what is there under
 * our name but differs is a finding, never overwritten in silence.
 */
export class Additions {
  readonly edits: Edit[] = [];
  readonly findings: Finding[] = [];
  readonly #pod: Fields;
  readonly #created = new Set<string>();

  constructor(pod: Fields) {
    this.#pod = pod;
  }

  volume(volume: Fields, explain: string): void {
    const name = textAt(volume, 'name');
    const index = listAt(fieldsAt(this.#pod, 'spec'), 'volumes').findIndex(
      (one) => textAt(one, 'name') === name,
    );
    const existing = listAt(fieldsAt(this.#pod, 'spec'), 'volumes')[index];
    if (!existing) this.#append(['spec', 'volumes'], volume, explain);
    else if (!isIntactVolume(existing, volume))
      this.#altered(name, Path.fields('spec', 'volumes').item(index));
  }

  /** First of the init containers, unless it is already one of them. */
  sidecar(container: Fields, explain: string): void {
    const name = textAt(container, 'name');
    const same = containersOf(this.#pod).filter((one) => one.name === name);
    for (const { list, index, fields } of same) {
      if (list === 'initContainers' && same.length === 1 && isIntactSidecar(fields, container)) continue;
      this.#altered(name, Path.fields('spec', list).item(index));
    }
    if (same.length > 0) return;
    this.#parent(['spec', 'initContainers'], []);
    this.edits.push({ op: 'add', path: pointer('spec', 'initContainers', 0), value: container, explain });
  }

  /** At the front of a container's list, so that its own entries can refer to them. A name it already sets stays its own. Returns how many were added. */
  environment(
    container: Container,
    variables: readonly { readonly name: string; readonly value: string }[],
    explain: string,
  ): number {
    const own = new Set(listAt(container.fields, 'env').map((entry) => textAt(entry, 'name')));
    const missing = variables.filter(({ name }) => !own.has(name));
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

  #altered(name: string, at: Path): void {
    this.findings.push(
      podFinding(
        'MCP501',
        at,
        `${name} is already in the pod and is not what would be added`,
        'names that begin with sallyport- are ours, and something else under them cannot be trusted',
        "take it out of the pod's template; it is added anew",
      ),
    );
  }
}
