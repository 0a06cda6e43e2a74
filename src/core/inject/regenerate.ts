import { injectedLabel } from '../annotations.ts';
import type { Configuration } from '../configuration.ts';
import { PodPatchBuilder } from './pod-patch-builder.ts';
import { configStepName } from './config-step.ts';
import type { Edit } from './edit.ts';
import { carriedBy, generate } from './generated.ts';
import { withoutOurs } from './plan.ts';
import { textAt, type Fields } from '../k8s/objects.ts';
import { fitResources, noConstraints, type NamespaceConstraints } from './resources.ts';
import { sidecarName } from './sidecar.ts';

/**
 * The edits that replace our containers and volumes in an operator's pod that has them already: a pod of a Job or
 * StatefulSet whose template was rewritten, perhaps by an earlier release, or a copied pod. The operator's own
 * configuration no longer names the credentials, so the configuration of the proxy is kept and everything else
 * is generated again. `undefined` where that configuration cannot be read; the final check then refuses the pod.
 */
export function regenerate(
  pod: Fields,
  platform: Pick<Configuration['inject'], 'image' | 'acceptedImages'>,
  constraints: NamespaceConstraints = noConstraints,
): readonly Edit[] | undefined {
  const carried = carriedBy(pod);
  const fitted = fitResources(withoutOurs(pod), undefined, constraints);
  if (!carried || fitted.kind === 'no-room') return undefined;
  const { ownUids } = constraints;
  const { image, acceptedImages } = platform;
  const generated = generate(pod, carried, { image, resources: fitted.resources, ownUids });
  if (!generated) return undefined;
  const additions = new PodPatchBuilder(pod, { images: [image, ...acceptedImages], ownUids });
  additions.volumes(
    generated.volumes.map((volume) => ({ volume, explain: `volume ${textAt(volume, 'name')}` })),
  );
  if (generated.step) additions.container(generated.step, `container ${configStepName}`, 0);
  else additions.without(configStepName);
  additions.container(generated.proxy, `container ${sidecarName}`, 0);
  additions.metadata('labels', injectedLabel, 'true', `label ${injectedLabel}: "true", for kubectl get -l`);
  return additions.edits;
}
