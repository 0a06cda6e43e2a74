import { podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import { ownPrefix } from '../names.ts';
import { Path } from '../path.ts';
import { podFinding } from './pod-finding.ts';
import { containersOf, listAt, textAt, type Fields } from './pod.ts';
import { sidecarName } from './sidecar.ts';
import { mcpConfigVolume } from './volumes.ts';

/** A container that mounts one of our volumes by name would get the Secrets in it. */
export function foreignMounts(pod: Fields): Finding[] {
  const shared = mcpConfigVolume(podAnnotations.mcpConfig).name;
  return containersOf(pod)
    .filter(({ name }) => name !== sidecarName)
    .flatMap(({ list, index, name, fields }) =>
      listAt(fields, 'volumeMounts')
        .filter((mount) => textAt(mount, 'name').startsWith(ownPrefix) && textAt(mount, 'name') !== shared)
        .map((mount) =>
          podFinding(
            'MCP502',
            Path.fields('spec', list).item(index).field('volumeMounts'),
            `container ${name} mounts ${textAt(mount, 'name')}`,
            'volumes that begin with sallyport- hold credentials for the proxy alone',
            'remove that mount',
          ),
        ),
    );
}
