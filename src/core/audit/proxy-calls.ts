import { isFields, textAt } from '../k8s/objects.ts';
import { printable } from '../printable.ts';

/** The calls of one server through the proxy of a running pod, as its metrics and its log say. */
export interface ServerCalls {
  readonly server: string;
  /** Responses of the server, whatever their status. */
  readonly answered: number;
  /** Requests that the proxy answered itself, by cause. */
  readonly failures: ReadonlyMap<string, number>;
}

/** The last failed request in the log. */
export interface LastFailure {
  readonly server: string;
  readonly cause: string;
  /** As the proxy wrote it. */
  readonly time: string;
}

const sample =
  /^sallyport_proxy_(requests_total|upstream_failures_total)\{server="([^"\\]{0,253})",(?:outcome|cause)="([a-z0-9-]{1,40})"\} (\d{1,15})$/;
const responses = new Set(['2xx', '3xx', '4xx', '5xx']);

/** Reads the proxy's metrics in the text format of Prometheus. */
export function callsIn(metrics: string): ServerCalls[] {
  const servers = new Map<string, { answered: number; failures: Map<string, number> }>();
  for (const line of metrics.split('\n')) {
    const [, metric, server, label, value] = sample.exec(line) ?? [];
    if (server === undefined || label === undefined) continue;
    const known = servers.get(server) ?? { answered: 0, failures: new Map<string, number>() };
    servers.set(server, known);
    if (metric === 'upstream_failures_total') known.failures.set(label, Number(value));
    else if (responses.has(label)) known.answered += Number(value);
  }
  return [...servers].map(([server, calls]) => ({ server, ...calls }));
}

/** Finds the last failed request in the last lines of the proxy's log. */
export function lastFailureIn(log: string): LastFailure | undefined {
  for (const line of log.split('\n').toReversed()) {
    const entry = parsed(line);
    if (!isFields(entry) || entry['event'] !== 'request failed') continue;
    return { server: textAt(entry, 'server'), cause: textAt(entry, 'error'), time: textAt(entry, 'time') };
  }
  return undefined;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What a person does about requests that fail, by the proxy's word for the cause. */
const fixes: Readonly<Record<string, string>> = {
  tls: "compare the server's certificate with the CA and the URL of its resource (annotation sallyport.dev/ca-secret, or the kind's own CA field)",
  connect: 'check that the pod can reach the host and port of the URL (DNS, NetworkPolicy, egress proxy)',
  'missing-file': 'create the Secret or the key that the log of the proxy names',
  'bad-file': 'correct the value in the Secret that the log of the proxy names',
  'upstream-closed': 'read the log of the server, which closes the connection',
  'forbidden-target': 'correct the URL, which leads to an address that receives no credential (MCP405)',
  'plain-egress': 'use an https:// URL, because an egress proxy could read the credential (MCP512)',
};

export interface FailingCalls {
  readonly what: string;
  readonly fix: string;
}

/**
 * The first server whose calls fail: none was answered, or the last one in the log failed within `recentMs`. A proxy that
 * was not called, or that answers, has none.
 */
export function failingCalls(
  calls: readonly ServerCalls[],
  last: LastFailure | undefined,
  now: number,
): FailingCalls | undefined {
  for (const { server, answered, failures } of calls) {
    const [[cause, times] = ['', 0]] = [...failures].toSorted(([, a], [, b]) => b - a);
    if (times === 0) continue;
    const failed = [...failures.values()].reduce((sum, one) => sum + one, 0);
    if (answered === 0) return failing(server, cause, `the server answered none of ${failed} requests`);
  }
  if (last && now - Date.parse(last.time) <= recentMs)
    return failing(last.server, last.cause, `the last failure was at ${printable(last.time)}`);
  return undefined;
}

const recentMs = 10 * 60_000;

const failing = (server: string, cause: string, proof: string): FailingCalls => ({
  what: `calls to server ${server} fail with 502 or 503 (${cause}): ${proof}`,
  fix: fixes[cause] ?? 'read the log of sallyport-proxy',
});
