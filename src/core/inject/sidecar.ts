import { checkCommand, proxyCommand, proxyEnv } from '../contracts/proxy-contract.ts';
import type { Fields } from '../k8s/objects.ts';
import type { LogLevel } from './select.ts';

export const sidecarName = 'sallyport-proxy';

/** Free of the images' usual uids (1000, 1001, 65532, 61100) and the meshes' (1337, 2102). */
const uid = 14700;
/** 120 tries, one a second: longer than any kubelet takes to mount a Secret, short enough to see in `kubectl describe`. */
const startupTries = 120;
const tokenDir = '/var/run/secrets/kubernetes.io/serviceaccount';

/** `ownUids`: the platform sets a uid of the namespace's own. */
export const restricted = (ownUids: boolean): Fields => ({
  ...(ownUids ? {} : { runAsUser: uid, runAsGroup: uid }),
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
});

/** Nothing is mounted there: the API server would mount a token. */
export const noToken = (volume: string): Fields => ({ name: volume, mountPath: tokenDir, readOnly: true });

interface SidecarParts {
  readonly image: string;
  readonly config: string;
  readonly logLevel: LogLevel;
  readonly adminPort: number;
  readonly serverVolumes: readonly { readonly name: string; readonly dir: string }[];
  readonly noTokenVolume: string;
  readonly resources: Fields;
  readonly ownUids: boolean;
  /** The app's own way out of the cluster. */
  readonly egress: readonly { readonly name: string; readonly value: string }[];
}

/** A native sidecar: it starts before the app's containers, stops after them, and lets Jobs complete. */
export function sidecar(parts: SidecarParts): Fields {
  return {
    name: sidecarName,
    image: parts.image,
    command: [...proxyCommand],
    restartPolicy: 'Always',
    env: [
      { name: proxyEnv.config, value: parts.config },
      { name: proxyEnv.logLevel, value: parts.logLevel },
      ...parts.egress,
    ],
    ports: [{ name: 'sallyport-admin', containerPort: parts.adminPort, protocol: 'TCP' }],
    // Not httpGet: a mesh that starts later redirects the pod's IP and would deadlock us; and only the output of
    // exec reaches Events, where a person looks for the missing Secret's name.
    startupProbe: {
      exec: { command: [...checkCommand] },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: startupTries,
    },
    resources: parts.resources,
    securityContext: restricted(parts.ownUids),
    volumeMounts: [
      ...parts.serverVolumes.map(({ name, dir }) => ({ name, mountPath: dir, readOnly: true })),
      noToken(parts.noTokenVolume),
    ],
  };
}
