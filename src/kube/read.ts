import { ApiException } from '@kubernetes/client-node';

/** A DNS-1123 subdomain, as every Secret, ConfigMap and custom resource is called. */
export const isObjectName = (name: string): boolean =>
  name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);

/**
 * What the API server has, or `undefined` when there is no such object. The client cannot cancel a request, so an
 * answer that comes too late is dropped.
 */
export async function readObject<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([again(request), aborted]);
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** A kept connection may have been closed a moment ago. Everything we ask for can be asked for twice. */
async function again<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ECONNRESET' && code !== 'EPIPE') throw error;
    return request();
  }
}
