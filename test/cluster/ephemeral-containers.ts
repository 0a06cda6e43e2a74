import type { Kubectl } from './kubectl.ts';
import type { Ran } from './processes.ts';

interface Stored {
  readonly metadata: object;
  readonly spec: { readonly ephemeralContainers?: readonly object[] };
}

/** Adds an ephemeral container as a client of the API, with fields that `kubectl debug` has no flags for. */
export async function addEphemeralContainer(
  kubectl: Kubectl,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  container: object,
  ...flags: readonly string[]
): Promise<Ran> {
  const stored = await kubectl.get<Stored>(namespace, `pod/${pod}`);
  const visitor = { image: 'app:test', command: ['true'], ...container };
  const ephemeralContainers = [...(stored.spec.ephemeralContainers ?? []), visitor];
  // Without a resource version, a write of the kubelet in the meantime is not a conflict.
  const metadata = { ...stored.metadata, resourceVersion: undefined };
  const body = JSON.stringify({ ...stored, metadata, spec: { ...stored.spec, ephemeralContainers } });
  const at = `/api/v1/namespaces/${namespace}/pods/${pod}/ephemeralcontainers`;
  return kubectl.try(['replace', '--raw', at, '-f', '-', ...flags], body);
}
