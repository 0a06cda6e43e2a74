import { parseDocument } from 'yaml';
import { annotations } from '../core/annotations.ts';
import { readConfiguration, type Configuration } from '../core/configuration.ts';
import { fieldsAt, listAt, textAt } from '../core/k8s/objects.ts';
import type { DoctorClient } from './examination.ts';

/** The configuration that the replicas of an installation use. */
export type InstalledConfiguration =
  | {
      readonly state: 'read';
      readonly configuration: Configuration;
      /** Whether there is a ConfigMap; without one every setting has its default. */
      readonly isStored: boolean;
    }
  | { readonly state: 'invalid'; readonly problem: string }
  /** The API server responded with this code. */
  | { readonly state: 'unread'; readonly code: number };

export const configMapName = 'sallyport';
const file = 'config.yaml';

/** Reads the ConfigMap of the installation in this namespace. Rejects when the API server cannot be reached. */
export async function installedConfiguration({
  get,
  namespace,
}: Pick<DoctorClient, 'get' | 'namespace'>): Promise<InstalledConfiguration> {
  const { code, body } = await get(`/api/v1/namespaces/${namespace}/configmaps/${configMapName}`);
  if (code === 404) return read({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration' }, false);
  if (code !== 200) return { state: 'unread', code };
  const document = parseDocument(textAt(fieldsAt(body, 'data'), file), { logLevel: 'silent' });
  const [error] = document.errors;
  if (error)
    return {
      state: 'invalid',
      problem: `${file} is not valid YAML: ${error.code.toLowerCase().replaceAll('_', ' ')}`,
    };
  return read(document.toJS(), true);
}

function read(value: unknown, isStored: boolean): InstalledConfiguration {
  const found = readConfiguration(value);
  if (found.kind === 'invalid')
    return { state: 'invalid', problem: found.problems.map(({ text }) => text).join('; ') };
  return { state: 'read', configuration: found.configuration, isStored };
}

const installedIn = 'sallyport.dev/installed-in';

/** The namespace that the webhook configuration points to; `undefined` when there is none, or it may not be read. */
export async function installationNamespace({ get }: Pick<DoctorClient, 'get'>): Promise<string | undefined> {
  const { code, body } = await get(
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/sallyport',
  );
  if (code !== 200) return undefined;
  const service = fieldsAt(fieldsAt(listAt(body, 'webhooks')[0], 'clientConfig'), 'service');
  return annotations(body).get(installedIn) ?? (textAt(service, 'namespace') || undefined);
}
