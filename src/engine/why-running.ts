import { failingCalls, type ServerCalls } from '../core/audit/proxy-calls.ts';
import { carriedServers } from '../core/audit/outdated.ts';
import { fieldsAt, textAt, type Fields } from '../core/k8s/objects.ts';
import type { Deadline } from '../core/cluster.ts';
import { sidecarName } from '../core/inject/sidecar.ts';
import { shellName } from '../core/shell.ts';
import { auditPod } from './audit-pod.ts';
import type { Diagnosis, End, Ending, Say, Subject } from './diagnosis.ts';
import type { Engine } from './engine.ts';
import { originsIn } from './origin-cache.ts';

/** The part of the walk about a pod that runs: the judgement of `sallyport audit`, and the calls of its proxy. */

const endingOf: Readonly<Record<string, Ending>> = {
  MCP510: 'outdated',
  MCP511: 'left-alone',
};

/** What the audit finds in the pod; `undefined` when it finds nothing. */
export async function audited(
  engine: Engine,
  pod: Fields,
  namespace: string,
  deadline: Deadline,
  { unknown, end }: Pick<Say, 'unknown'> & { readonly end: End },
): Promise<Diagnosis | undefined> {
  const found = await auditPod(engine, pod, namespace, originsIn(engine, deadline), deadline);
  for (const { finding } of found) if (finding.undecided !== undefined) unknown('injected', finding.what);
  const [first] = found.flatMap(({ finding }) => (finding.undecided === undefined ? [finding] : []));
  if (!first) return undefined;
  const { code, what, why, fix } = first;
  const text = `[${code}] ${what}`;
  return end('injected', endingOf[code] ?? 'altered', `${text}: ${why}`, fix, text);
}

/** Whether the calls of the pod's servers fail now; `undefined` when they do not, or it cannot be read. */
export async function callsOf(
  engine: Engine,
  pod: Fields,
  { calls: observe, namespace }: Pick<Subject, 'calls' | 'namespace'>,
  { signal }: Deadline,
  { good, unknown, end }: Say & { readonly end: End },
): Promise<Diagnosis | undefined> {
  if (!observe) return undefined;
  const { calls, lastFailure } = await observe(pod, signal);
  const failing = failingCalls(calls ?? [], lastFailure, engine.now());
  if (failing) {
    const name = shellName(textAt(fieldsAt(pod, 'metadata'), 'name'));
    const log = `kubectl -n ${shellName(namespace)} logs ${name} -c ${sidecarName}`;
    return end(
      'calls',
      'calls-fail',
      failing.what,
      `${failing.fix}; the log of the proxy names the request: ${log}`,
    );
  }
  if (calls) good('calls', countsOf(calls));
  else unknown('calls', 'you may not read the metrics of the proxy (this needs the right get pods/proxy)');
  return undefined;
}

function countsOf(calls: readonly ServerCalls[]): string {
  const said = calls.map(({ server, answered, failures }) => {
    const failed = [...failures].map(([cause, times]) => `, ${times} failed (${cause})`).join('');
    return `${server}: ${answered} answered${failed}`;
  });
  return said.length === 0 ? 'none since the proxy started' : said.join('; ');
}

/** `github → https://mcp.example.com` for each server of the pod's proxy. */
export const destinations = (
  servers: readonly { readonly name: string; readonly upstream: string }[],
): string => servers.map(({ name, upstream }) => `${name} → ${new URL(upstream).origin}`).join(', ');

/** The same for a pod that has its proxy. */
export const destinationsOf = (pod: Fields): string => destinations(carriedServers(pod));
