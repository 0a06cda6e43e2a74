import {
  AdmissionregistrationV1Api,
  ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  type KubeConfig,
} from '@kubernetes/client-node';
import { labels } from '../core/annotations.ts';
import { isRunning } from '../core/audit/pod.ts';
import { fieldsAt, isFields, type Fields } from '../core/k8s/objects.ts';
import { selects } from '../core/k8s/label-selector.ts';
import type { Installation } from '../engine/diagnosis.ts';
import { readObject } from './read.ts';

/** What a person asks about, and whether Sallyport is there to answer for it: with that person's own rights. */

const entryName = 'inject-labelled-pods.sallyport.dev';

const kinds = {
  pod: 'Pod',
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
  replicaset: 'ReplicaSet',
  job: 'Job',
  cronjob: 'CronJob',
} as const;
export type WorkloadWord = keyof typeof kinds;

/** As kubectl takes them. */
const shortNames: Readonly<Record<string, WorkloadWord>> = {
  po: 'pod',
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  rs: 'replicaset',
  cj: 'cronjob',
};

export function workloadWord(word: string): WorkloadWord | undefined {
  const singular = word.toLowerCase().replace(/s$/, '');
  const known = Object.keys(kinds).find((kind): kind is WorkloadWord => kind === singular);
  return known ?? shortNames[word.toLowerCase()];
}

export interface LiveWorkloads {
  /** `undefined` when there is none of that name; rejects when it could not be asked for. */
  get(word: WorkloadWord, namespace: string, name: string, signal: AbortSignal): Promise<Fields | undefined>;
  installation(namespace: string, signal: AbortSignal): Promise<Installation>;
  /** The pods that a workload has now; none where the user may not list them. */
  podsOf(workload: Fields, namespace: string, signal: AbortSignal): Promise<readonly Fields[]>;
}

/** The status that the API server responded with; `undefined` if no response came. */
export const refusalCode = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

export function liveWorkloads(config: KubeConfig): LiveWorkloads {
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const batch = config.makeApiClient(BatchV1Api);
  const registration = config.makeApiClient(AdmissionregistrationV1Api);
  const read = (word: WorkloadWord, one: { namespace: string; name: string }): Promise<object> => {
    switch (word) {
      case 'pod':
        return core.readNamespacedPod(one);
      case 'deployment':
        return apps.readNamespacedDeployment(one);
      case 'statefulset':
        return apps.readNamespacedStatefulSet(one);
      case 'daemonset':
        return apps.readNamespacedDaemonSet(one);
      case 'replicaset':
        return apps.readNamespacedReplicaSet(one);
      case 'job':
        return batch.readNamespacedJob(one);
      case 'cronjob':
        return batch.readNamespacedCronJob(one);
    }
  };
  return {
    async get(word, namespace, name, signal) {
      const found = await readObject(() => read(word, { namespace, name }), signal);
      // Plain values, as they would stand in a file: the client makes dates of some. It leaves the kind out.
      return found && { ...(JSON.parse(JSON.stringify(found)) as Fields), kind: kinds[word] };
    },

    async podsOf(workload, namespace, signal) {
      const selector = fieldsAt(fieldsAt(fieldsAt(workload, 'spec'), 'selector'), 'matchLabels');
      const labelSelector = Object.entries(selector)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(',');
      // A CronJob selects no pods itself.
      if (labelSelector === '') return [];
      const found = await readObject(
        () => core.listNamespacedPod({ namespace, labelSelector }),
        signal,
      ).catch(() => undefined);
      const pods = JSON.parse(JSON.stringify(found?.items ?? [])) as readonly Fields[];
      return pods.map((pod) => ({ ...pod, kind: 'Pod' })).filter(isRunning);
    },

    async installation(namespace, signal) {
      try {
        const found = await readObject(
          () => registration.readMutatingWebhookConfiguration({ name: 'sallyport' }),
          signal,
        );
        const entry = found?.webhooks?.find(({ name }) => name === entryName);
        if (!entry)
          return {
            state: 'absent',
            text: `the webhook entry ${entryName} is not installed, so no pod is injected`,
          };
        const space = await readObject(() => core.readNamespace({ name: namespace }), signal);
        if (!selects(entry.namespaceSelector, labels(space)))
          return {
            state: 'exempt',
            text: `namespace ${namespace} is exempt: the webhook entry ${entryName} does not select it`,
          };
        if (!isFields(entry.clientConfig) || fieldsAt(entry, 'clientConfig')['caBundle'] === undefined)
          return {
            state: 'not-ready',
            text: `the webhook entry ${entryName} has no CA bundle yet, so the API server rejects labelled pods`,
          };
        return {
          state: 'ready',
          text: `the API server calls ${entryName} (failurePolicy ${entry.failurePolicy ?? 'Fail'})`,
        };
      } catch (error) {
        if (error instanceof ApiException && error.code === 403)
          return { state: 'unknown', text: 'you may not read the webhook configurations or the namespace' };
        throw error;
      }
    },
  };
}
