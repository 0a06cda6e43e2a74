import type { Finding } from '../finding.ts';
import { Path } from '../path.ts';
import { podFinding } from './pod-finding.ts';
import { containersOf, fieldsAt, listAt, textAt, type Container, type Fields } from '../k8s/objects.ts';
import { sidecarName } from './sidecar.ts';

/** A Secret that the proxy gets is worth little as a boundary when another container reads it too: MCP508. */
export function sharedSecrets(pod: Fields, secrets: ReadonlySet<string>): Finding[] {
  const volumes = new Map(
    listAt(fieldsAt(pod, 'spec'), 'volumes').map((volume) => [
      textAt(volume, 'name'),
      secretsOfVolume(volume),
    ]),
  );
  return containersOf(pod)
    .filter(({ name }) => name !== sidecarName)
    .flatMap((container) =>
      [...new Set(secretsOf(container, volumes))]
        .filter((name) => secrets.has(name))
        .map((name) => shared(container, name)),
    );
}

function secretsOf({ fields }: Container, volumes: ReadonlyMap<string, readonly string[]>): string[] {
  return [
    ...listAt(fields, 'env').map((entry) =>
      textAt(fieldsAt(fieldsAt(entry, 'valueFrom'), 'secretKeyRef'), 'name'),
    ),
    ...listAt(fields, 'envFrom').map((entry) => textAt(fieldsAt(entry, 'secretRef'), 'name')),
    ...listAt(fields, 'volumeMounts').flatMap((mount) => volumes.get(textAt(mount, 'name')) ?? []),
  ];
}

const secretsOfVolume = (volume: Fields): string[] => [
  textAt(fieldsAt(volume, 'secret'), 'secretName'),
  ...listAt(fieldsAt(volume, 'projected'), 'sources').map((source) =>
    textAt(fieldsAt(source, 'secret'), 'name'),
  ),
];

const shared = ({ list, index, name }: Container, secret: string): Finding =>
  podFinding(
    'MCP508',
    Path.fields('spec', list).item(index),
    `container ${name} reads Secret ${secret}, which the proxy uses`,
    'the proxy cannot keep a credential from a container that reads it itself',
    `remove Secret ${secret} from the env, envFrom and volumeMounts of container ${name}; the proxy adds the credential to the requests`,
  );
