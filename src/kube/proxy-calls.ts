import type { KubeConfig } from '@kubernetes/client-node';
import { callsIn, lastFailureIn } from '../core/audit/proxy-calls.ts';
import { configOf, proxiesOf } from '../core/inject/injected-state.ts';
import { sidecarName } from '../core/inject/sidecar.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import type { ObservedCalls } from '../engine/diagnosis.ts';
import { rawRequests } from './raw.ts';

const logLines = 200;

/** Reads the metrics and the last lines of the log through the API server. Never rejects. */
export async function proxyCalls(
  config: KubeConfig,
  pod: Fields,
  signal: AbortSignal,
): Promise<ObservedCalls> {
  const raw = rawRequests(config);
  const metadata = fieldsAt(pod, 'metadata');
  const at = `/api/v1/namespaces/${textAt(metadata, 'namespace')}/pods/${textAt(metadata, 'name')}`;
  const [proxy] = proxiesOf(pod);
  const admin = proxy && configOf(proxy.fields)?.admin;
  const read = async (path: string, query: Readonly<Record<string, string | number>> = {}) => {
    const answer = await raw.ask({ path, query, accept: '*/*' }, signal).catch(() => undefined);
    if (answer?.code !== 200) return undefined;
    // One line of JSON is an answer in JSON.
    return typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  };
  const [metrics, log] = await Promise.all([
    admin === undefined ? undefined : read(`${at}:${admin}/proxy/metrics`),
    read(`${at}/log`, { container: sidecarName, tailLines: logLines }),
  ]);
  return {
    calls: metrics === undefined ? undefined : callsIn(metrics),
    lastFailure: log === undefined ? undefined : lastFailureIn(log),
  };
}
