import {
  AdmissionregistrationV1Api,
  ApiException,
  CoreV1Api,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
  type V1MutatingWebhook,
  type V1ValidatingWebhook,
} from '@kubernetes/client-node';
import type { InstalledEntry, OwnObjects, WebhookKind } from '../certs/ports.ts';

/** Of the Service, and of both webhook configurations. */
const name = 'sallyport';
const secretName = 'sallyport-webhook';
/** So that `kubectl get --show-managed-fields` and GitOps tools can tell these two fields from the manifests'. */
const fieldManager = 'sallyport-certificates';

/** Sallyport's own objects, through the service account of the pod it runs in. */
export function ownObjects(config: KubeConfig): OwnObjects {
  const core = config.makeApiClient(CoreV1Api);
  const registration = config.makeApiClient(AdmissionregistrationV1Api);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? 'sallyport-system';

  const installed = async (kind: WebhookKind): Promise<(V1ValidatingWebhook | V1MutatingWebhook)[]> => {
    const read =
      kind === 'ValidatingWebhookConfiguration'
        ? await registration.readValidatingWebhookConfiguration({ name })
        : await registration.readMutatingWebhookConfiguration({ name });
    return read.webhooks ?? [];
  };

  return {
    serviceName: `${name}.${namespace}.svc`,

    async readIdentity() {
      const secret = await orNothing(() => core.readNamespacedSecret({ namespace, name: secretName }));
      return (
        secret &&
        new Map(
          Object.entries(secret.data ?? {}).map(([key, value]) => [
            key,
            Buffer.from(value, 'base64').toString('utf8'),
          ]),
        )
      );
    },

    async createIdentity(values) {
      const metadata = { namespace, name: secretName, labels: { 'app.kubernetes.io/name': name } };
      const body = { metadata, type: 'Opaque', stringData: Object.fromEntries(values) };
      try {
        await core.createNamespacedSecret({ namespace, body, fieldManager });
        return true;
      } catch (error) {
        if (error instanceof ApiException && error.code === 409) return false;
        throw error;
      }
    },

    async entries(kind) {
      const webhooks = await orNothing(() => installed(kind));
      return webhooks?.map(entryOf);
    },

    async publish(kind, entries) {
      // A strategic merge finds entries by name, so nothing beside these two fields is sent or owned.
      const body = {
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
      if (kind === 'ValidatingWebhookConfiguration')
        await registration.patchValidatingWebhookConfiguration(patch, options);
      else await registration.patchMutatingWebhookConfiguration(patch, options);
    },
  };
}

const entryOf = ({ name: entry, clientConfig }: V1ValidatingWebhook | V1MutatingWebhook): InstalledEntry => ({
  name: entry,
  caBundle:
    clientConfig.caBundle === undefined
      ? undefined
      : Buffer.from(clientConfig.caBundle, 'base64').toString('utf8'),
  path: clientConfig.service?.path,
});

async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
