import { parse } from 'yaml';
import { listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { upstreamFiles, upstreamText } from '../upstream/folder.ts';
import { recordedObject } from '../upstream/recorded.ts';
import { withoutOurs } from '../upstream/without-ours.ts';
import type { Kubectl, Manifest } from './kubectl.ts';
import { secret, serviceAccount } from './objects.ts';
import type { Replay, Stored } from './replay.ts';

/** What kagent's controller made of two agents, and what its translator makes of others. */

/** Values of Secrets, which stand in its configurations. */
export const kagentTokens = ['kagent-one', 'extra-one'] as const;

export const agents = ['helper', 'gohelper'] as const;

/** Everything that kagent has read when it makes the Deployments, and the configurations it wrote. */
export async function kagentIn(kubectl: Kubectl, namespace: string, replay: Replay): Promise<void> {
  await kubectl.apply(
    ...agents.map((name) => serviceAccount(namespace, name)),
    secret(namespace, 'model-key', { OPENAI_API_KEY: 'none' }),
    secret(namespace, 'linear-token', { token: 'Bearer kagent-one' }),
    secret(namespace, 'agent-extra', { key: 'extra-one' }),
    ...['linear', 'legacy'].map((name) => replay.authored(recordedObject(`create-remotemcpservers-${name}`))),
    ...agents.map((name) =>
      replay.here(JSON.parse(upstreamText(`recorded/kagent-config/${name}.json`)) as Fields),
    ),
  );
  for (const name of agents)
    await replay.ownedBy(
      recordedObject(`create-deployments-${name}`),
      replay.authored(recordedObject(`create-agents-${name}`)),
    );
}

const configPath = '/config';

/** The volume that the agent reads its configuration from. */
export const configVolume = (pod: Stored): string =>
  listAt(pod.spec, 'containers')
    .flatMap((container) => listAt(container, 'volumeMounts'))
    .filter((one) => textAt(one, 'mountPath') === configPath)
    .map((one) => textAt(one, 'name'))
    .join();

/** With the configuration mounted as kagent wrote it, and without what is ours. */
export function asKagentWrote(pod: Stored, recorded: Stored): Stored {
  const containers = listAt(pod.spec, 'containers').map((container) => ({
    ...container,
    volumeMounts: listAt(container, 'volumeMounts').map((one) =>
      textAt(one, 'mountPath') === configPath ? { ...one, name: configVolume(recorded) } : one,
    ),
  }));
  return withoutOurs({ ...pod, spec: { ...pod.spec, containers } }, recorded) as Stored;
}

/** The cases of kagent's own translator tests. */
export const translations = upstreamFiles('recorded/kagent-translator', '.output.json');

/** Applies what an agent is made from and what is made of it; gives the Deployment, which is left to be sent. */
export async function translated(kubectl: Kubectl, namespace: string, file: string): Promise<Stored> {
  const here = (text: string) => text.replaceAll(/("?namespace"?: "?)test\b/g, `$1${namespace}`);
  const input = here(upstreamText(file.replace('.output.json', '.input.yaml')))
    // Their inputs are for code: the definition calls this type otherwise, and has the description elsewhere.
    .replaceAll('type: MCPServer', 'type: McpServer');
  const { targetObject, objects } = parse(input) as Input;
  const { code, stderr } = await kubectl.tryApply(objects, '--validate=false');
  if (code !== 0) throw new Error(stderr);
  const { metadata } = await kubectl.get<Stored>(namespace, `agents.kagent.dev/${targetObject}`);
  const output = here(upstreamText(file)).replaceAll('"uid": ""', `"uid": "${textAt(metadata, 'uid')}"`);
  const { manifest } = JSON.parse(output) as { readonly manifest: readonly Stored[] };
  const isDeployment = (one: Stored) => one['kind'] === 'Deployment';
  // Their ConfigMaps do not say that they are.
  const others = manifest
    .filter((one) => !isDeployment(one))
    .map((one): Manifest => ({ apiVersion: 'v1', kind: 'ConfigMap', ...one }));
  await kubectl.apply(...others);
  const deployment = manifest.find(isDeployment);
  if (!deployment) throw new Error(`${file} has no Deployment`);
  return deployment;
}

interface Input {
  readonly targetObject: string;
  readonly objects: readonly Manifest[];
}
