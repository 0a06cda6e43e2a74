import { annotations, injectLabel, labels, podAnnotations } from '../annotations.ts';
import { annotationPath, labelPath, textAt, type Fields } from '../k8s/objects.ts';
import { podPath } from '../k8s/pod-template.ts';
import type { Path } from '../path.ts';

interface Misplaced {
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
      what: `the pod has the annotation ${podAnnotations.servers}, and its label ${injectLabel} is not "true"`,
      fix: `write ${injectLabel}: "true"`,
      at: labelPath(injectLabel).below(podPath(object)),
    };
  if (annotations(pod).has(podAnnotations.servers))
    return {
      what: `the pod has the annotation ${podAnnotations.servers}, and not the label ${injectLabel}: "true"`,
      fix: 'put that label beside it',
      at: annotationPath(podAnnotations.servers).below(podPath(object)),
    };
  if (label !== undefined) return undefined;
  const onWorkload = labels(object).has(injectLabel) ? 'label' : 'annotation';
  if (object === pod || !(labels(object).has(injectLabel) || annotations(object).has(podAnnotations.servers)))
    return undefined;
  return {
    what: `the ${onWorkload} stands on the ${textAt(object, 'kind')}, and its pods do not have it`,
    fix: `move the label ${injectLabel}: "true" and ${podAnnotations.servers} to the metadata of the pod template`,
    at: onWorkload === 'label' ? labelPath(injectLabel) : annotationPath(podAnnotations.servers),
  };
}
