import { annotations, injectLabel, labels, podAnnotations } from '../annotations.ts';
import { annotationPath, labelPath, textAt, type Fields } from '../k8s/objects.ts';
import { podPath } from '../k8s/pod-template.ts';
import type { Path } from '../path.ts';

export interface Misplaced {
  readonly what: string;
  readonly fix: string;
  /** In the object, which may be a workload. */
  readonly at: Path;
}

/** The commonest mistakes of a pod that asks for nothing: the annotation alone, or everything on its workload. */
export function misplaced(object: Fields, pod: Fields): Misplaced | undefined {
  const label = labels(pod).get(injectLabel);
  // A pod that is switched off for a while keeps the rest.
  if (label === 'false') return undefined;
  if (annotations(pod).has(podAnnotations.servers) && label !== undefined)
    return {
      what: `the pod has the annotation ${podAnnotations.servers}, but the value of its label ${injectLabel} is not "true"`,
      fix: `set the label ${injectLabel}: "true"`,
      at: labelPath(injectLabel).below(podPath(object)),
    };
  if (annotations(pod).has(podAnnotations.servers))
    return {
      what: `the pod has the annotation ${podAnnotations.servers}, but not the label ${injectLabel}: "true"`,
      fix: `add ${injectLabel}: "true" to the labels of the pod`,
      at: annotationPath(podAnnotations.servers).below(podPath(object)),
    };
  if (label !== undefined) return undefined;
  const onWorkload = labels(object).has(injectLabel) ? 'label' : 'annotation';
  const key = onWorkload === 'label' ? injectLabel : podAnnotations.servers;
  if (object === pod || !(labels(object).has(injectLabel) || annotations(object).has(podAnnotations.servers)))
    return undefined;
  return {
    what: `the ${textAt(object, 'kind')} has the ${onWorkload} ${key}, but its pod template does not`,
    fix: `move the label ${injectLabel}: "true" and the annotation ${podAnnotations.servers} to ${String(podPath(object))}.metadata`,
    at: onWorkload === 'label' ? labelPath(key) : annotationPath(key),
  };
}
