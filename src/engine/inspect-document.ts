import type { Deadline, StoredObject } from '../core/cluster.ts';
import type { Finding } from '../core/finding.ts';
import { splitApiVersion } from '../core/k8s/api-version.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import { inGroup, type ObjectRef } from '../core/model.ts';
import { objectNames, resourceNames } from '../core/review/object-names.ts';
import { unknownFields } from '../core/review/unknown-fields.ts';
import { unknownKind } from '../core/review/unknown-kind.ts';
import type { Engine } from './engine.ts';
import { inspectStored, weigher, type Weighed } from './inspect-stored.ts';
import { inspectWorkload } from './inspect-workload.ts';

/** An object of a file: what it was checked as, and everything that is wrong with it. */
interface InspectedDocument {
  /** `other`: only its labels, annotations, kind and version were checked. */
  readonly checkedAs: 'resource' | 'workload' | 'other';
  readonly found: readonly Weighed[];
}

/** Checks one object of a file by the rules for its kind. `partial`: what is not in the files may exist all the same. */
export async function inspectDocument(
  engine: Engine,
  { object, owner }: StoredObject,
  deadline: Deadline,
  partial: boolean,
): Promise<InspectedDocument> {
  const kind = engine.kinds.find(owner.group, owner.kind);
  const misspelt = unknownKind(owner, engine.kinds);
  if (kind?.selects(object)) {
    const weigh = await weigher(engine, { ...owner, kind: inGroup(kind.plural, kind.group) }, deadline);
    const { found } = await inspectStored(engine, { kind, object, owner }, deadline, partial);
    const before = weigh([...misspelt, ...unknownFields(object, owner, kind)]);
    const ofPods = await inspectWorkload(engine, { object, owner }, deadline, partial);
    return { checkedAs: 'resource', found: [...before, ...withoutRepeated(found, ofPods), ...ofPods] };
  }
  const weigh = await weigher(engine, { ...owner, kind: pluralOf(owner) }, deadline);
  const found = [...weigh(misspelt), ...(await inspectNames(engine, { object, owner }, deadline))];
  if (!podIn(object)) return { checkedAs: 'other', found };
  const ofPods = await inspectWorkload(engine, { object, owner }, deadline, partial);
  return { checkedAs: 'workload', found: distinct([...found, ...ofPods]) };
}

/** What is wrong with the labels and annotations of any object. */
export async function inspectNames(
  engine: Engine,
  { object, owner }: StoredObject,
  deadline: Deadline,
): Promise<Weighed[]> {
  const kind = engine.kinds.find(owner.group, owner.kind);
  if (kind?.selects(object)) {
    const weigh = await weigher(engine, { ...owner, kind: inGroup(kind.plural, kind.group) }, deadline);
    return weigh(resourceNames(object));
  }
  const plural = podIn(object) ? 'pods' : pluralOf(owner);
  const weigh = await weigher(engine, { ...owner, kind: plural }, deadline);
  return weigh(objectNames(object));
}

/** The same of a workload, and of the labels of its namespace where they can be read. */
export async function inspectNamesAround(
  engine: Engine,
  workload: Fields,
  namespace: string,
  deadline: Deadline,
): Promise<Weighed[]> {
  const owner = {
    ...splitApiVersion(textAt(workload, 'apiVersion')),
    kind: textAt(workload, 'kind'),
    namespace,
    name: textAt(fieldsAt(workload, 'metadata'), 'name'),
  };
  const found = await engine.cluster.namespaceLabels(namespace, deadline);
  const labels = found.state === 'present' ? Object.fromEntries(found.labels) : {};
  const around = namespaceObject(namespace, labels);
  return [
    ...(await inspectNames(engine, { object: workload, owner }, deadline)),
    ...(await inspectNames(engine, around, deadline)).map(({ finding, mode }) => ({
      finding: { ...finding, what: `namespace ${namespace}: ${finding.what}` },
      mode,
    })),
  ];
}

const namespaceObject = (name: string, labels: Readonly<Record<string, string>>): StoredObject => ({
  object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
  owner: { group: '', version: 'v1', kind: 'Namespace', namespace: '', name },
});

/** Right for every kind whose names are checked; no rule about another kind depends on its plural. */
const pluralOf = ({ kind, group }: ObjectRef): string => inGroup(`${kind.toLowerCase()}s`, group);

/** Where the pod of a resource is judged as well, that finding says what happens to the pod. */
function withoutRepeated(found: readonly Weighed[], ofPods: readonly Weighed[]): Weighed[] {
  const said = new Set(ofPods.map(({ finding }) => placeOf(finding)));
  return found.filter(({ finding }) => !said.has(placeOf(finding)));
}

const placeOf = ({ at, what }: Finding): string => `${String(at)} ${what}`;

/** Admission reports names of a pod too. */
const distinct = (found: readonly Weighed[]): Weighed[] => [
  ...new Map(
    found.map((one) => [`${one.finding.code} ${String(one.finding.at)} ${one.finding.what}`, one]),
  ).values(),
];
