import type { Finding } from '../finding.ts';
import { ownPrefix } from '../names.ts';
import { Path } from '../path.ts';
import { pointer, type Edit } from './edit.ts';
import { proxiesOf } from './injected-state.ts';
import { isSame } from './differences.ts';
import { withAllowedAdditions, withVolumeDefaults } from './allowed-additions.ts';
import { podFinding } from './pod-finding.ts';
import {
  containersOf,
  fieldsAt,
  isFields,
  listAt,
  textAt,
  type Container,
  type ContainerList,
  type Fields,
} from '../k8s/objects.ts';

/** What decides how much of an existing container of ours is kept. */
export interface OursContext {
  /** The platform's images: the one it injects first. */
  readonly images: readonly string[];
  readonly ownUids: boolean;
}

/**
 * Changes of one pod. Containers and volumes of ours are always the generated ones: what a pod brings under our names
 * is replaced, except for the additions of other injectors that `allowed-additions.ts` lists. A second run therefore
 * changes nothing, and a pod that was restored or copied gets what a new one would get.
 */
export class PodPatchBuilder {
  readonly edits: Edit[] = [];
  readonly findings: Finding[] = [];
  readonly #pod: Fields;
  readonly #context: OursContext;
  readonly #created = new Set<string>();
  readonly #moves: { readonly list: ContainerList; readonly from: number; readonly by: 1 | -1 }[] = [];
  readonly #injectedBefore: boolean;

  constructor(pod: Fields, context: OursContext) {
    this.#pod = pod;
    this.#context = context;
    this.#injectedBefore = proxiesOf(pod).length > 0;
  }

  /** All volumes of ours; any other volume under our prefix is removed. */
  volumes(wanted: readonly { readonly volume: Fields; readonly explain: string }[]): void {
    const present = listOf(this.#pod, 'spec', 'volumes');
    const places = new Map(present.map((one, index) => [textAt(one, 'name'), index]));
    for (const { volume, explain } of wanted) {
      const index = places.get(textAt(volume, 'name'));
      const existing = index === undefined ? undefined : present[index];
      if (index === undefined) this.#append(['spec', 'volumes'], volume, explain);
      else if (!isFields(existing) || !isSame(existing, withVolumeDefaults(volume, existing)))
        this.edits.push({
          op: 'replace',
          path: pointer('spec', 'volumes', index),
          value: volume,
          explain: `${explain} (replaced)`,
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
          explain: `volume ${name}: Sallyport generates no such volume for this pod`,
        });
    }
  }

  /** One of ours: in the place where it is, or at its place among the init containers. */
  container(container: Fields, explain: string, at: number): void {
    const own = textAt(container, 'name');
    const same = containersOf(this.#pod).filter(({ name }) => name === own);
    const [only, ...more] = same;
    if (only?.list === 'initContainers' && more.length === 0) {
      const expected = this.#expected(container, only.fields);
      if (isSame(only.fields, expected)) return;
      const path = pointer('spec', only.list, this.#placeOf(only));
      this.edits.push({ op: 'replace', path, value: expected, explain: `${explain} (replaced)` });
      return;
    }
    this.#remove(same, 'a pod has it exactly once, among its init containers');
    this.#parent(['spec', 'initContainers'], []);
    const removed = this.#moves.filter(
      ({ list, from, by }) => list === 'initContainers' && by < 0 && from < at,
    );
    const place = at - removed.length;
    this.edits.push({ op: 'add', path: pointer('spec', 'initContainers', place), value: container, explain });
    this.#moves.push({ list: 'initContainers', from: place, by: 1 });
  }

  /** A container under a name of ours that this pod is not to have. */
  without(own: string): void {
    this.#remove(
      containersOf(this.#pod).filter(({ name }) => name === own),
      'Sallyport generates no such container for this pod',
    );
  }

  #remove(containers: readonly Container[], reason: string): void {
    for (const container of containers.toReversed()) {
      const { list, name } = container;
      const from = this.#placeOf(container);
      const explain = `container ${name} in ${list}: ${reason}`;
      this.edits.push({ op: 'remove', path: pointer('spec', list, from), explain });
      this.#moves.push({ list, from, by: -1 });
    }
  }

  /** Where a container is after the containers that were added and removed so far. */
  #placeOf({ list, index }: Container): number {
    return this.#moves
      .filter((move) => move.list === list)
      .reduce((place, { from, by }) => (from <= place ? place + by : place), index);
  }

  /** The generated container, with what other injectors may have added to the existing one. */
  #expected(container: Fields, existing: Fields): Fields {
    const { images, ownUids } = this.#context;
    const [generated, is] = [textAt(container, 'image'), textAt(existing, 'image')];
    // A webhook may pull the same image through another registry; a different tag is a different release.
    const isThisRelease = images.includes(is) && imageName(is) === imageName(generated);
    const wanted = isThisRelease ? { ...container, image: is } : container;
    const context = { pod: this.#pod, ownUids, keepResources: isThisRelease };
    return withAllowedAdditions(wanted, existing, context);
  }

  /** At the front of a container's list, so that its own entries can refer to them. A name it already sets stays its own. Returns how many were added. */
  environment(
    container: Container,
    variables: readonly { readonly name: string; readonly value: string }[],
    explain: string,
  ): number {
    const present = listOf(container.fields, 'env');
    const places = firstPlaces(present);
    const missing = variables.filter(({ name }) => !places.has(name));
    // In a pod that was injected before they are ours, and may say where its proxy listened then.
    for (const variable of this.#injectedBefore ? variables : []) {
      const index = places.get(variable.name);
      if (index === undefined || textAt(present[index], 'value') === variable.value) continue;
      this.edits.push({
        op: 'replace',
        path: pointer('spec', container.list, container.index, 'env', index),
        value: variable,
        explain: `${explain} ${variable.name}=${variable.value} (replaced)`,
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
    if (present.some((one) => isMount(one, mount))) return;
    const at = Path.fields('spec', container.list).item(container.index).field('volumeMounts');
    if (present.some((one) => isSamePath(textAt(one, 'mountPath'), textAt(mount, 'mountPath')))) {
      this.findings.push(
        podFinding(
          'MCP502',
          at,
          `container ${container.name} already mounts a volume at ${textAt(mount, 'mountPath')}`,
          'Sallyport mounts mcp.json there',
          'change the mountPath of that volume',
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

/** Where each name stands first, so that a list is searched once and not for each name. */
function firstPlaces(list: readonly unknown[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const [index, one] of list.entries()) {
    const name = textAt(one, 'name');
    if (!places.has(name)) places.set(name, index);
  }
  return places;
}

/** A list as it stands, with items that are no objects in their places. */
function listOf(value: unknown, ...keys: readonly string[]): readonly unknown[] {
  const found = keys.reduce<unknown>((one, key) => (isFields(one) ? one[key] : undefined), value);
  return Array.isArray(found) ? found : [];
}

/** Without the registry and the folders in it. */
const imageName = (image: string): string => image.slice(image.lastIndexOf('/') + 1);

const isMount = (existing: Fields, mount: Fields): boolean =>
  Object.entries(mount).every(([key, value]) => existing[key] === value);

/** Whether a path is another one, perhaps with slashes at its end. */
const isSamePath = (path: string, other: string): boolean =>
  path.startsWith(other) && !/[^/]/.test(path.slice(other.length));
