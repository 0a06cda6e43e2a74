import { z } from 'zod';
import { path, versions } from './path/form.ts';
import type { PathExpression } from './path/parse.ts';

/** Fields of a pod or of a container that can hold a credential or refer to one, as Kubernetes calls them. */
const podFields = [
  'containers',
  'initContainers',
  'ephemeralContainers',
  'env',
  'envFrom',
  'args',
  'command',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'volumes',
  'imagePullSecrets',
] as const;

export type PodField = (typeof podFields)[number];

/** Those of a container alone. */
const ofContainer = new Set<PodField>(['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']);
/** Those of a pod alone. Some systems put variables and arguments beside them. */
const ofPod = new Set<PodField>([
  'containers',
  'initContainers',
  'ephemeralContainers',
  'volumes',
  'imagePullSecrets',
]);

/** The fields that are read at a path: those of a container if it leads to each item of a list. */
function fieldsAt(
  { alternatives: [walk] }: PathExpression,
  without: readonly PodField[],
): readonly PodField[] {
  const isList = walk.kind === 'walk' && walk.steps.at(-1)?.kind === 'each';
  const others = isList ? ofPod : ofContainer;
  return podFields.filter((field) => !others.has(field) && !without.includes(field));
}

/** A pod inside the object, with everything of it that can hold a credential or refer to one. */
export const podTemplate = z
  .strictObject({
    /** A pod's specification, an object with some of its fields, or each container of a list. */
    each: path,
    /** Where the object has other fields of these names. */
    without: z.array(z.enum(podFields)).min(1).optional(),
    versions,
  })
  .refine(({ each: { alternatives } }) => alternatives.length === 1 && alternatives[0].kind === 'walk', {
    error: 'a pod template has one path, without | and without a literal',
  })
  .transform(({ without = [], ...rest }) => ({ ...rest, without, fields: fieldsAt(rest.each, without) }));
