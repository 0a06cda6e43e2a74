import { podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import { ownPrefix } from '../names.ts';
import { Path } from '../path.ts';
import { configCopyName } from './config-step.ts';
import { podFinding } from './pod-finding.ts';
import { containersOf, listAt, textAt, type Fields } from '../k8s/objects.ts';
import { sidecarName } from './sidecar.ts';
import { mcpConfigVolume, noTokenVolume } from './volumes.ts';

/** Volumes of ours with no credential in them; other containers may mount them, or have to. */
const harmless = new Set([
  mcpConfigVolume(podAnnotations.mcpConfig).name,
  configCopyName,
  noTokenVolume().name,
]);

/** A container that mounts one of our volumes by name would get the Secrets in it. */
export function foreignMounts(pod: Fields): Finding[] {
  return containersOf(pod)
    .filter(({ name }) => name !== sidecarName)
    .flatMap(({ list, index, name, fields }) =>
      listAt(fields, 'volumeMounts')
        .map((mount) => textAt(mount, 'name'))
        .filter((volume) => volume.startsWith(ownPrefix) && !harmless.has(volume))
        .map((volume) =>
          podFinding(
            'MCP502',
            Path.fields('spec', list).item(index).field('volumeMounts'),
            `container ${name} mounts volume ${volume}`,
            'volumes whose names begin with sallyport- hold credentials, which only the proxy may read',
            `remove volume ${volume} from the volumeMounts of container ${name}`,
          ),
        ),
    );
}
