import { podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import { serverRef } from '../model.ts';
import { partsHash } from '../names.ts';
import { podFinding } from './pod-finding.ts';
import { annotationPath, containersOf, listAt, type Fields } from '../k8s/objects.ts';
import type { ChosenServer } from './resolve.ts';
import type { Selection } from './select.ts';

/** Istio uses 15000-15099, Linkerd 4140-4191, ToolHive's metrics 9464 and its TLS listener 8443, which no container declares; a mesh may join the pod after us. */
const reservedRanges: readonly (readonly [number, number])[] = [
  [15000, 15099],
  [4140, 4191],
  [9464, 9464],
  [8443, 8443],
];

export interface PortPlan {
  readonly admin: number;
  /** In the order of the servers given. */
  readonly servers: readonly number[];
  /** Set where one is wanted. Last, so that it moves no server's port. */
  readonly forward: number | undefined;
}

/** Ports containers declare. Undeclared ones cannot be known; a clash there stops the proxy before the app starts. */
export function declaredPorts(pod: Fields): Map<number, string> {
  const ports = new Map<number, string>();
  for (const { name, fields } of containersOf(pod)) {
    for (const port of listAt(fields, 'ports')) {
      if (typeof port['containerPort'] === 'number') ports.set(port['containerPort'], name);
    }
  }
  return ports;
}

export type AllocatedPorts =
  | { readonly kind: 'allocated'; readonly plan: PortPlan }
  | { readonly kind: 'denied'; readonly findings: readonly Finding[] };

/**
 * Ports that stay the same while the set of servers does: the admin's is the first free one, each server's starts
 * at a place given by its reference and takes the next free upward, wrapping. Servers come sorted by reference.
 */
export function allocatePorts(
  servers: readonly ChosenServer[],
  taken: ReadonlyMap<number, string>,
  { pinnedPorts: pinned, forward }: Pick<Selection, 'pinnedPorts' | 'forward'>,
  [from, to]: readonly [number, number],
): AllocatedPorts {
  const findings = [...pinProblems(servers, taken, pinned)];
  if (findings.length > 0) return { kind: 'denied', findings };
  const used = new Set([...taken.keys(), ...pinned.values()]);
  const isFree = (port: number) =>
    !used.has(port) && !reservedRanges.some(([low, high]) => port >= low && port <= high);
  const size = to - from + 1;
  const claim = (start: number): number | undefined => {
    for (let step = 0; step < size; step += 1) {
      const port = from + ((start - from + step) % size);
      if (!isFree(port)) continue;
      used.add(port);
      return port;
    }
    return undefined;
  };
  const admin = claim(from);
  const ports = servers.map(({ name, server }) => {
    const hash = partsHash([serverRef(server), name]).readUInt32BE(0);
    return pinned.get(name) ?? claim(from + 1 + (hash % (size - 1)));
  });
  const forwardPort = forward && claim(from + 1 + (partsHash(['forward']).readUInt32BE(0) % (size - 1)));
  const wanted = servers.length + 1 + (forward ? 1 : 0);
  if (admin === undefined || ports.includes(undefined) || (forward && forwardPort === undefined)) {
    return {
      kind: 'denied',
      findings: [
        podFinding(
          'MCP505',
          annotationPath(podAnnotations.servers),
          `ports ${from} to ${to} do not suffice for this pod`,
          `the pod needs ${wanted} ports`,
          `pin ports outside this range with the annotation ${podAnnotations.ports}: "${servers.map(({ name }, i) => `${name}=${to + 1 + i}`).join(',')}"`,
        ),
      ],
    };
  }
  return {
    kind: 'allocated',
    plan: { admin, servers: ports.filter((port) => port !== undefined), forward: forwardPort },
  };
}

function* pinProblems(
  servers: readonly ChosenServer[],
  taken: ReadonlyMap<number, string>,
  pinned: ReadonlyMap<string, number>,
): Generator<Finding> {
  const at = annotationPath(podAnnotations.ports);
  const seen = new Map<number, string>();
  for (const [name, port] of pinned) {
    if (!servers.some((server) => server.name === name))
      yield podFinding(
        'MCP506',
        at,
        `the annotation pins a port for ${JSON.stringify(name)}, which is not a server of this pod`,
        'it has no effect',
        `write the name of a server of this pod: ${servers.map((server) => server.name).join(', ')}`,
      );
    const owner = taken.get(port);
    if (owner !== undefined)
      yield podFinding(
        'MCP505',
        at,
        `the annotation pins port ${port}, which container ${owner} declares`,
        'two programs cannot listen on one port',
        `pin another port for ${name}`,
      );
    const other = seen.get(port);
    if (other !== undefined)
      yield podFinding(
        'MCP505',
        at,
        `the annotation pins port ${port} for both ${other} and ${name}`,
        'two servers cannot share a port',
        `pin another port for ${name}`,
      );
    seen.set(port, name);
  }
}
