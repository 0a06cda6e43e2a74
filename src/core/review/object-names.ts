import { injectLabel, labels, ownDomain, ownNames, type LabelledType } from '../annotations.ts';
import { identity, type Finding } from '../finding.ts';
import { misplaced, type Misplaced } from '../inject/misplaced.ts';
import { whyUnlabelled } from '../inject/select.ts';
import { splitApiVersion } from '../k8s/api-version.ts';
import { isFields, textAt, type Fields } from '../k8s/objects.ts';
import { podIn, podPath } from '../k8s/pod-template.ts';
import type { OwnNames } from '../facts.ts';
import { inGroup, type SourceRef } from '../model.ts';
import { Path } from '../path.ts';
import { mapNames, mayBeOurs, problemOf, type MapName, type Metadata } from './name-problems.ts';

/** Labels and annotations below our prefix that have no effect: misspelt, on the wrong object, or with another value. */

/** A person corrects no more at once; the rest is counted. */
const maxFindings = 20;
/** Objects over the limit on nesting (core/limits.ts) are not judged, so this is never reached. */
const maxDepth = 128;
/** Of a pod that is created, or is stored. */
export const podNames = (pod: unknown): Finding[] => judge([podMetadata(pod, Path.root)]);

/**
 * Of a custom resource that describes MCP servers: its own, and those of every template in it. If it creates a pod from one of
 * them, the names of that pod are judged at their place.
 */
export function resourceNames(object: unknown): Finding[] {
  if (!isFields(object)) return [];
  const pod = podIn(object);
  const mistake = pod && whyUnlabelled(pod) !== undefined ? misplaced(object, pod) : undefined;
  return [...(mistake ? [misplacedFinding(mistake)] : []), ...judge(inResource(object, pod, mistake))];
}

const misplacedFinding = ({ at, what, fix }: Misplaced): Finding => ({
  code: 'MCP004',
  at,
  what,
  why: 'Sallyport does not inject its pods, so their app calls its servers without credentials',
  fix,
  identity: identity('MCP004', 'template'),
});

/** Types of objects besides pods and MCP resources, by `KIND.GROUP`. */
const types: Readonly<Record<string, LabelledType>> = {
  ConfigMap: 'configMap',
  Secret: 'secret',
  Namespace: 'namespace',
  'Lease.coordination.k8s.io': 'lease',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': 'webhooks',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': 'webhooks',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': 'installed',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': 'installed',
};

function typeOf(object: Fields): LabelledType | undefined {
  const { group } = splitApiVersion(textAt(object, 'apiVersion'));
  return types[inGroup(textAt(object, 'kind'), group)];
}

/**
 * Of any object that is not an MCP resource: a workload and its pod template, each at its place in the workload, a Secret,
 * a namespace. What `misplaced` says of a workload is not said again.
 */
export function objectNames(object: Fields): Finding[] {
  const pod = podIn(object);
  if (!pod) return judge([metadataOf(object, Path.root, typeOf(object))]);
  const isMisplaced = misplaced(object, pod) !== undefined && whyUnlabelled(pod) !== undefined;
  const template = {
    ...podMetadata(pod, podPath(object)),
    accepted: (name: string) => isMisplaced && name === injectLabel,
  };
  if (pod === object) return judge([template]);
  const ofPods = namesIn(pod);
  const accepted = (name: string) =>
    isMisplaced ? ownNames.get(name)?.on.includes('pod') === true : ofPods.has(name);
  return judge([{ ...metadataOf(object, Path.root, 'workload'), accepted }, template]);
}

/** Of a Secret or ConfigMap of which only the names are known. */
export function sourceNames({ kind }: SourceRef, { labels, annotations }: OwnNames): Finding[] {
  const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, '']));
  const metadata = { labels: named(labels), annotations: named(annotations) };
  return objectNames({ apiVersion: 'v1', kind, metadata });
}

const metadataOf = (object: unknown, at: Path, type: Metadata['type']): Metadata => ({
  value: isFields(object) ? object['metadata'] : undefined,
  at: at.field('metadata'),
  type,
});

/** An operator may copy names of its resource to a pod that is not labelled. */
const typeOfPod = (pod: unknown): Metadata['type'] => (labels(pod).has(injectLabel) ? 'pod' : undefined);
const podMetadata = (pod: unknown, at: Path): Metadata => metadataOf(pod, at, typeOfPod(pod));

const mapIn = (metadata: unknown, map: MapName): Fields => {
  const found = isFields(metadata) ? metadata[map] : undefined;
  return isFields(found) ? found : {};
};

const namesIn = ({ metadata }: Fields): Set<string> =>
  new Set(mapNames.flatMap((map) => Object.keys(mapIn(metadata, map))));

/** The metadata of a resource, then every map called `labels` or `annotations` in its other fields. */
function* inResource(
  object: Fields,
  pod: Fields | undefined,
  mistake: Misplaced | undefined,
): Generator<Metadata> {
  const isSaid = (name: string) => mistake !== undefined && ownNames.get(name)?.on.includes('pod') === true;
  yield { ...metadataOf(object, Path.root, typeOf(object) ?? 'resource'), accepted: isSaid };
  const template = pod?.['metadata'];
  const { metadata: _metadata, status: _status, ...fields } = object;
  const open: { value: unknown; at: Path; depth: number }[] = [{ value: fields, at: Path.root, depth: 0 }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, at, depth } = place;
    if (typeof value !== 'object' || value === null || depth >= maxDepth) continue;
    if (mapNames.some((map) => Object.keys(mapIn(value, map)).length > 0))
      yield value === template
        ? { value, at, type: typeOfPod(pod), accepted: isSaid }
        : { value, at, type: undefined };
    const inside = Array.isArray(value)
      ? value.map((item: unknown, i) => ({ value: item, at: at.item(i), depth: depth + 1 }))
      : Object.entries(value).map(([key, item]) => ({ value: item, at: at.field(key), depth: depth + 1 }));
    for (const one of inside.toReversed()) if (typeof one.value === 'object') open.push(one);
  }
}

/** As many findings as are shown, and one more that counts the others. */
function judge(places: Iterable<Metadata>): Finding[] {
  const kept: Finding[] = [];
  let others = 0;
  for (const metadata of places)
    for (const map of mapNames)
      for (const [key, value] of Object.entries(mapIn(metadata.value, map))) {
        if (!mayBeOurs(key)) continue;
        if (kept.length < maxFindings) kept.push(...problemOf(key, value, map, metadata));
        else if (!ownNames.has(key)) others += 1;
      }
  return others === 0 ? kept : [...kept, andMore(others)];
}

const andMore = (count: number): Finding => ({
  code: 'MCP004',
  at: Path.fields('metadata'),
  what: `${count} more labels and annotations of this object begin with ${ownDomain}/ and are unknown`,
  why: 'Sallyport does not read them, so they have no effect',
  fix: 'remove them',
  identity: identity('MCP004', 'more'),
});
