import { annotations, injectLabel, labels, podAnnotations } from '../annotations.ts';
import { textAt, type Fields } from '../k8s/objects.ts';

/** The commonest mistakes of a pod that asks for nothing: the annotation alone, or everything on its workload. */
export function misplaced(
  object: Fields,
  pod: Fields,
): { readonly what: string; readonly fix: string } | undefined {
  if (annotations(pod).has(podAnnotations.servers))
    return {
      what: `the pod has the annotation ${podAnnotations.servers}, and not the label ${injectLabel}: "true"`,
      fix: 'put that label beside it',
    };
  const onWorkload = labels(object).has(injectLabel) ? 'label' : 'annotation';
  if (object === pod || !(labels(object).has(injectLabel) || annotations(object).has(podAnnotations.servers)))
    return undefined;
  return {
    what: `the ${onWorkload} stands on the ${textAt(object, 'kind')}, and its pods do not have it`,
    fix: `move the label ${injectLabel}: "true" and ${podAnnotations.servers} to the metadata of the pod template`,
  };
}
