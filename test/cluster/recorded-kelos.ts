import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { recordedObject } from '../upstream/recorded.ts';
import { withoutOurs } from '../upstream/without-ours.ts';
import { claim, kelos, maker } from './kelos.ts';
import type { Kubectl } from './kubectl.ts';
import { secret, serviceAccount } from './objects.ts';
import { Replay, type Stored } from './replay.ts';

/** What Kelos sent for a Task, a Session and a pool, and what it made them from. */

/** The value of the Secret, which stands in all of them. */
export const kelosToken = 'kelos-one';

/** Each workload, and for whom Kelos made it. */
export const workloads = [
  ['jobs-task1', 'Task', 'task1', { prompt: 'hello' }],
  ['statefulsets-sess1', 'Session', 'sess1', {}],
  ['statefulsets-wp-pool1', 'WorkerPool', 'pool1', { volumeClaimTemplate: claim }],
] as const;

/** Each pod, by what it is found here, and which of Kubernetes's controllers made it. */
export const pods = [
  ['task1-pod', 'kelos.dev/task=task1', 'job-controller'],
  ['sess1-0', 'kelos.dev/session=sess1', 'statefulset-controller'],
  ['wp-pool1-0', 'kelos.dev/workerpool=pool1', 'statefulset-controller'],
] as const;

/** A namespace with everything that Kelos has read when it makes them. */
export async function kelosIn(kubectl: Kubectl, namespace: string): Promise<Replay> {
  const replay = new Replay(kubectl, namespace);
  await kubectl.apply(
    ...['session-sess1-runtime', 'kelos-worker-runner'].map((name) => serviceAccount(namespace, name)),
    secret(namespace, 'claude-key', { ANTHROPIC_API_KEY: 'none' }),
    secret(namespace, 'gh-mcp-headers', { Authorization: `Bearer ${kelosToken}`, 'X-Team': 'a' }),
    replay.authored(recordedObject('create-agentconfigs-tools')),
    {
      apiVersion: 'kelos.dev/v1alpha2',
      kind: 'Workspace',
      metadata: { namespace, name: 'app' },
      spec: { repo: 'https://github.com/acme/app.git', ref: 'main' },
    },
  );
  // Only what it made of them was recorded.
  for (const [file, kind, name, more] of workloads)
    await replay.ownedBy(recordedObject(`create-${file}`), maker(kelos, namespace, kind, name, more));
  return replay;
}

const podOf = (object: Stored): Fields =>
  textAt(object, 'kind') === 'Pod' ? object : fieldsAt(object.spec, 'template');

/** The servers that its agent is told. */
export const serversOf = (object: Stored): string[] =>
  containersOf(podOf(object))
    .flatMap(({ fields }) => listAt(fields, 'env'))
    .filter((entry) => textAt(entry, 'name') === 'KELOS_MCP_SERVERS')
    .map((entry) => textAt(entry, 'value'));

/** Without the header of the Secret; the stdio server is as it was, and so is what was written inline. */
export const throughProxy =
  /^\{"mcpServers":\{"github":\{"type":"http","url":"http:\/\/127\.0\.0\.1:147\d\d\/mcp\/","headers":\{"X-Env":"test"\}\},"local":\{"type":"stdio","command":"npx","args":\["-y","some-mcp"\],"env":\{"LOG":"debug"\}\}\}\}$/;

/** With its servers as Kelos wrote them, and without the proxy: what is left must be what was recorded. */
export function asKelosWrote(object: Stored, recorded: Stored): Stored {
  const [told = '', written = ''] = [...serversOf(object), ...serversOf(recorded)];
  const pod = withoutOurs(podOf(object), podOf(recorded));
  const whole =
    textAt(object, 'kind') === 'Pod' ? pod : { ...object, spec: { ...object.spec, template: pod } };
  return JSON.parse(JSON.stringify(whole).replace(JSON.stringify(told), JSON.stringify(written))) as Stored;
}
