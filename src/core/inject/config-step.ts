import {
  configStepCommand,
  configStepDirs,
  configStepEnv,
  encodeConfigStep,
  type ConfigEntry,
  type ConfigStep,
} from '../contracts/config-step-contract.ts';
import { podName } from '../names.ts';
import type { Container, Fields } from '../k8s/objects.ts';
import { noToken, restricted } from './sidecar.ts';

export const configStepName = 'sallyport-config';

/** Kubernetes keeps at most 1 MiB in a ConfigMap or Secret; a URL of ours makes it little longer. */
const sizeLimit = '2Mi';

/** What an operator's app reads its configuration from, and what becomes of it. */
export interface OwnConfig extends Pick<ConfigStep, 'file' | 'format' | 'onMismatch'> {
  readonly container: Container;
  /** Of the operator's volume, among the container's. */
  readonly mount: number;
  readonly volume: string;
}

interface StepParts {
  readonly image: string;
  readonly resources: Fields;
  readonly noTokenVolume: string;
  readonly ownUids: boolean;
}

/** The volume of the configuration as it was rewritten. */
export const configCopyName = podName('config', ['config']);

/** In memory: what an operator keeps in a Secret must not reach a disk. */
export const configVolume = (): Fields => ({
  name: configCopyName,
  emptyDir: { medium: 'Memory', sizeLimit },
});

export const configStepText = (
  { file, format, onMismatch }: OwnConfig,
  entries: readonly ConfigEntry[],
): string => encodeConfigStep({ version: 1, ...configStepDirs, file, format, onMismatch, entries });

/** An init container before the proxy: it writes the app's configuration anew, and is gone when the app starts. */
export const configStep = (own: Pick<OwnConfig, 'volume'>, text: string, parts: StepParts): Fields => ({
  name: configStepName,
  image: parts.image,
  command: [...configStepCommand],
  env: [{ name: configStepEnv, value: text }],
  // Its one line is the reason a person looks for in the pod's status.
  terminationMessagePolicy: 'FallbackToLogsOnError',
  resources: parts.resources,
  securityContext: restricted(parts.ownUids),
  volumeMounts: [
    { name: own.volume, mountPath: configStepDirs.from, readOnly: true },
    { name: configCopyName, mountPath: configStepDirs.to },
    noToken(parts.noTokenVolume),
  ],
});
