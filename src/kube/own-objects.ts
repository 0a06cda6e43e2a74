import {
  AdmissionregistrationV1Api,
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  PatchStrategy,
  setHeaderOptions,
  V1MicroTime,
  type KubeConfig,
  type V1Lease,
  type V1MutatingWebhook,
  type V1ValidatingWebhook,
} from '@kubernetes/client-node';
import type { InstalledEntry, OwnObjects, OwnSecret, StoredReplicaReport } from '../certs/own-objects.ts';
import { installedInAnnotation, leaseAnnotations } from '../core/annotations.ts';
import { readObject } from './read.ts';

/** Of the Service, and of both webhook configurations. */
const name = 'sallyport';
/** So that `kubectl get --show-managed-fields` and GitOps tools can tell what we write from the manifests. */
const fieldManager = 'sallyport-certificates';
/** By which the Leases of replicas are found, and by what they say in them. */
const labels = { 'app.kubernetes.io/name': name };
const said = { ...leaseAnnotations, claimedBy: installedInAnnotation } as const;
const certificatesLease = 'sallyport-certificates';
const types: Readonly<Record<OwnSecret, string>> = {
  'sallyport-authority': 'Opaque',
  'sallyport-webhook': 'kubernetes.io/tls',
  'sallyport-path': 'Opaque',
};
/** An API server that takes longer is one that cannot be asked; the next look comes soon. */
const askMs = 5000;

/** The pod a program runs in; its uid lets the cluster take its Lease away with it. */
interface Self {
  readonly pod: string;
  readonly uid: string | undefined;
}

/** Sallyport's own objects, through the service account of the pod it runs in. */
export function ownObjects(config: KubeConfig, self: Self): OwnObjects {
  const core = config.makeApiClient(CoreV1Api);
  const registration = config.makeApiClient(AdmissionregistrationV1Api);
  const coordination = config.makeApiClient(CoordinationV1Api);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? 'sallyport-system';
  const ask = <T>(request: () => Promise<T>) => readObject(request, AbortSignal.timeout(askMs));

  return {
    namespace,

    async readSecret(secret) {
      const found = await ask(() => core.readNamespacedSecret({ namespace, name: secret }));
      const text = (value: string) => Buffer.from(value, 'base64').toString('utf8');
      return (
        found && {
          values: new Map(Object.entries(found.data ?? {}).map(([key, value]) => [key, text(value)])),
          version: found.metadata?.resourceVersion ?? '',
        }
      );
    },

    writeSecret(secret, values, over) {
      const metadata = { namespace, name: secret, labels };
      const body = { type: types[secret], stringData: Object.fromEntries(values) };
      return first(() =>
        over
          ? core.replaceNamespacedSecret({
              namespace,
              name: secret,
              body: { ...body, metadata: { ...metadata, resourceVersion: over.version } },
              fieldManager,
            })
          : core.createNamespacedSecret({ namespace, body: { ...body, metadata }, fieldManager }),
      );
    },

    async configuration(kind) {
      const found = await ask(() =>
        kind === 'ValidatingWebhookConfiguration'
          ? registration.readValidatingWebhookConfiguration({ name })
          : registration.readMutatingWebhookConfiguration({ name }),
      );
      if (!found) return undefined;
      const webhooks: readonly (V1ValidatingWebhook | V1MutatingWebhook)[] = found.webhooks ?? [];
      return {
        claimedBy: found.metadata?.annotations?.[said.claimedBy],
        entries: webhooks.map(entryOf),
      };
    },

    async publish(kind, entries) {
      // A strategic merge finds entries by name, so nothing beside these fields is sent or owned.
      const body = {
        metadata: { annotations: { [said.claimedBy]: namespace } },
        webhooks: entries.map((entry) => ({
          name: entry.name,
          clientConfig: {
            caBundle: Buffer.from(entry.caBundle).toString('base64'),
            service: { path: entry.path },
          },
        })),
      };
      const patch = { name, body, fieldManager };
      const options = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
      await ask(() =>
        kind === 'ValidatingWebhookConfiguration'
          ? registration.patchValidatingWebhookConfiguration(patch, options)
          : registration.patchMutatingWebhookConfiguration(patch, options),
      );
    },

    async report({ bundle, servesUnder, steadyMs, lifeMs }) {
      const owner = { apiVersion: 'v1', kind: 'Pod', name: self.pod, uid: self.uid ?? '' };
      const body = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name: self.pod,
          labels,
          annotations: { [said.bundle]: bundle.join(','), [said.servesUnder]: servesUnder.join(',') },
          ...(self.uid === undefined ? {} : { ownerReferences: [owner] }),
        },
        spec: leaseSpec(self.pod, lifeMs, steadyMs),
      };
      const patch = { namespace, name: self.pod, body, fieldManager };
      const options = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);
      if (!(await ask(() => coordination.patchNamespacedLease(patch, options))))
        await ask(() => coordination.createNamespacedLease({ namespace, body, fieldManager }));
    },

    async reports() {
      const labelSelector = `app.kubernetes.io/name=${name}`;
      const found = await ask(() => coordination.listNamespacedLease({ namespace, labelSelector }));
      return found?.items.map(reportOf) ?? [];
    },

    async leadership() {
      const found = await ask(() => coordination.readNamespacedLease({ namespace, name: certificatesLease }));
      return (
        found && {
          holder: found.spec?.holderIdentity ?? '',
          renewed: String(found.spec?.renewTime),
          version: found.metadata?.resourceVersion ?? '',
        }
      );
    },

    lead(holder, lifeMs, over) {
      const spec = leaseSpec(holder, lifeMs, 0);
      const metadata = { namespace, name: certificatesLease };
      return first(() =>
        over
          ? coordination.replaceNamespacedLease({
              namespace,
              name: certificatesLease,
              body: { metadata: { ...metadata, resourceVersion: over.version }, spec },
            })
          : coordination.createNamespacedLease({ namespace, body: { metadata, spec } }),
      );
    },
  };

  /** Whether this write was the first over the version it names. */
  async function first(write: () => Promise<unknown>): Promise<boolean> {
    try {
      return (await ask(write)) !== undefined;
    } catch (error) {
      if (error instanceof ApiException && error.code === 409) return false;
      throw error;
    }
  }
}

function leaseSpec(holderIdentity: string, lifeMs: number, steadyMs: number) {
  const now = Date.now();
  return {
    holderIdentity,
    leaseDurationSeconds: lifeMs / 1000,
    acquireTime: new V1MicroTime(now - steadyMs),
    renewTime: new V1MicroTime(now),
  };
}

const entryOf = ({ name: entry, clientConfig }: V1ValidatingWebhook | V1MutatingWebhook): InstalledEntry => ({
  name: entry,
  caBundle:
    clientConfig.caBundle === undefined
      ? undefined
      : Buffer.from(clientConfig.caBundle, 'base64').toString('utf8'),
  path: clientConfig.service?.path,
  namespace: clientConfig.service?.namespace,
});

function reportOf({ metadata, spec }: V1Lease): StoredReplicaReport {
  const list = (key: string) => (metadata?.annotations?.[key] ?? '').split(',').filter((one) => one !== '');
  // The client gives these two as they came, as text, whatever its types say.
  const [renewed, since] = [spec?.renewTime, spec?.acquireTime].map((time) => new Date(time ?? 0).getTime());
  return {
    replica: metadata?.name ?? '',
    bundle: list(said.bundle),
    servesUnder: list(said.servesUnder),
    renewed: String(renewed),
    steadyMs: (renewed ?? 0) - (since ?? 0),
    lifeMs: (spec?.leaseDurationSeconds ?? 0) * 1000,
  };
}
