import { annotations, injectLabel, labels, podAnnotations } from '../annotations.ts';
import type { Finding } from '../finding.ts';
import { maxAnnotationEntries } from '../limits.ts';
import { nearest, suggestion } from '../nearest.ts';
import { Path } from '../path.ts';
import type { OtherOrigins } from '../contracts/proxy-contract.ts';
import { memoryText, quantityOf } from '../k8s/quantity.ts';
import { readForward } from './forward.ts';
import { memoryLimitBounds } from './resources.ts';
import { podFinding } from './pod-finding.ts';
import { annotationPath, containersOf, fieldsAt, labelPath, type Fields } from '../k8s/objects.ts';
import { skipped, type Skipped } from './skip-reasons.ts';
import { windowsField } from './windows.ts';

/** One entry of the `servers` annotation, not yet looked up. */
export interface WantedServer {
  /** As it was written, for messages. */
  readonly text: string;
  /** Lower case, as kubectl takes it. */
  readonly kindWord: string;
  /** Undefined when only the kind was given. */
  readonly group: string | undefined;
  readonly name: string;
  readonly server: string | undefined;
  readonly alias: string | undefined;
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a pod asks for, from its label and annotations alone. */
export interface Selection {
  readonly wanted: readonly WantedServer[];
  /** Pinned ports by the name the app sees. */
  readonly pinnedPorts: ReadonlyMap<string, number>;
  /** Containers that get our environment; `undefined` means all. */
  readonly containers: ReadonlySet<string> | undefined;
  readonly logLevel: LogLevel;
  /** Bytes, where the pod asks for another limit than the usual. */
  readonly memoryLimit: number | undefined;
  /** Set where the pod wants a forward listener. */
  readonly forward: OtherOrigins | undefined;
}

export type Selected =
  | { readonly kind: 'selected'; readonly selection: Selection }
  | Skipped
  | { readonly kind: 'denied'; readonly findings: readonly Finding[] };

export function select(pod: Fields): Selected {
  const unlabelled = whyUnlabelled(pod);
  if (unlabelled !== undefined) return skipped(unlabelled);

  const written = annotations(pod);
  const findings: Finding[] = [...sharedNamespaces(pod)];
  const wanted = readServers(written.get(podAnnotations.servers), findings);
  const pinnedPorts = readPorts(written.get(podAnnotations.ports), findings);
  const containers = readContainers(pod, written.get(podAnnotations.containers), findings);
  const logLevel = readLogLevel(written.get(podAnnotations.logLevel), findings);
  const memoryLimit = readMemoryLimit(written.get(podAnnotations.memoryLimit), findings);
  const forward = readForward(written.get(podAnnotations.forward), findings);
  if (findings.length > 0) return { kind: 'denied', findings };
  return { kind: 'selected', selection: { wanted, pinnedPorts, containers, logLevel, memoryLimit, forward } };
}

/** `undefined` where the label opts the pod in. */
export function whyUnlabelled(pod: Fields): 'not-labelled' | 'label-not-true' | undefined {
  const label = labels(pod).get(injectLabel);
  if (label === 'true') return undefined;
  return label === undefined ? 'not-labelled' : 'label-not-true';
}

/** Whether a pod says itself which servers it wants. Without them the label is right on an operator's pod alone. */
export const asksItself = (pod: Fields): boolean =>
  whyUnlabelled(pod) === undefined && annotations(pod).has(podAnnotations.servers);

/** Where a container could reach into another, or loopback is the node's, a credential in one container is in all. */
export function sharedNamespaces(pod: Fields): Finding[] {
  const spec = fieldsAt(pod, 'spec');
  const shared = (['hostNetwork', 'hostPID', 'shareProcessNamespace'] as const).filter(
    (field) => spec[field] === true,
  );
  const findings = shared.map((field) =>
    podFinding(
      'MCP503',
      Path.fields('spec', field),
      `spec.${field} is true`,
      field === 'hostNetwork'
        ? 'every process of the node could use the proxy and its credentials'
        : "other containers could read the credentials in the proxy's memory",
      `remove spec.${field}, or remove the label ${injectLabel}`,
    ),
  );
  const onWindows = windowsField(spec);
  if (onWindows === undefined) return findings;
  const windows = podFinding(
    'MCP503',
    onWindows,
    'the pod is a Windows pod',
    "the proxy's image runs on Linux only",
    `remove the label ${injectLabel}`,
  );
  return [...findings, windows];
}

/** `kind[.group]/name[/server][=alias]` */
const entryShape =
  /^([A-Za-z0-9]+)(?:\.([A-Za-z0-9.-]+))?\/([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)(?:\/([^=,]+))?(?:=([^=,]+))?$/;

function readServers(text: string | undefined, findings: Finding[]): WantedServer[] {
  const at = annotationPath(podAnnotations.servers);
  const entries = commaList(podAnnotations.servers, text, findings);
  if (!entries) return [];
  if (entries.length === 0) {
    findings.push(
      podFinding(
        'MCP506',
        text === undefined ? labelPath(injectLabel) : at,
        text === undefined
          ? `the pod has the label ${injectLabel} but no annotation ${podAnnotations.servers}`
          : `the annotation ${podAnnotations.servers} names no server`,
        'Sallyport would inject nothing, and the app would call its servers without credentials',
        `name the servers in the annotation, such as ${podAnnotations.servers}: "mcpremoteproxy/github", or remove the label ${injectLabel}`,
      ),
    );
  }
  return entries.flatMap((entry) => {
    const match = entryShape.exec(entry);
    if (!match) {
      findings.push(
        podFinding(
          'MCP504',
          at,
          `${JSON.stringify(entry)} is not a reference to a server`,
          'Sallyport cannot look it up',
          'write kind/name, kind.group/name or kind/name/server, optionally with =alias',
        ),
      );
      return [];
    }
    const [, kindWord = '', group, name = '', server, alias] = match;
    return [
      {
        text: entry,
        kindWord: kindWord.toLowerCase(),
        group: group?.toLowerCase(),
        name,
        server,
        alias: alias?.trim(),
      },
    ];
  });
}

function readPorts(text: string | undefined, findings: Finding[]): Map<string, number> {
  const at = annotationPath(podAnnotations.ports);
  const ports = new Map<string, number>();
  for (const entry of commaList(podAnnotations.ports, text, findings) ?? []) {
    const match = /^([^=]+)=(\d{1,5})$/.exec(entry);
    const port = Number(match?.[2]);
    if (!match || port < 1024 || port > 65535) {
      findings.push(
        podFinding(
          'MCP505',
          at,
          `${JSON.stringify(entry)} does not pin a port`,
          'the proxy would listen on another port',
          'write SERVER=PORT, with a port from 1024 to 65535',
        ),
      );
    } else {
      const name = (match[1] ?? '').trim();
      if (ports.has(name))
        findings.push(
          podFinding(
            'MCP505',
            at,
            `the annotation pins two ports for server ${JSON.stringify(name)}`,
            'the proxy listens on one port for each server',
            `remove one of the entries for ${name}`,
          ),
        );
      ports.set(name, port);
    }
  }
  return ports;
}

/** A message lists and compares at most so many containers of the pod. */
const maxShown = 20;

function readContainers(pod: Fields, text: string | undefined, findings: Finding[]): Set<string> | undefined {
  if (text === undefined) return undefined;
  const known = new Set(containersOf(pod).map(({ name }) => name));
  const names = commaList(podAnnotations.containers, text, findings);
  if (!names) return undefined;
  const compared = [...known].slice(0, maxShown);
  const choice = compared.join(', ');
  if (names.length === 0) {
    findings.push(
      podFinding(
        'MCP506',
        annotationPath(podAnnotations.containers),
        `the annotation ${podAnnotations.containers} names no container`,
        'no container would receive the addresses of the servers',
        `name a container of the pod (${choice}), or remove the annotation to select all`,
      ),
    );
  }
  for (const name of names.filter((one) => !known.has(one))) {
    findings.push(
      podFinding(
        'MCP506',
        annotationPath(podAnnotations.containers),
        `the pod has no container ${JSON.stringify(name)}${suggestion(nearest(name, compared))}`,
        'the name has no effect',
        `name a container of the pod: ${choice}`,
      ),
    );
  }
  return new Set(names);
}

function readLogLevel(text: string | undefined, findings: Finding[]): LogLevel {
  const level = logLevels.find((one) => one === (text ?? 'info'));
  if (level) return level;
  findings.push(
    podFinding(
      'MCP506',
      annotationPath(podAnnotations.logLevel),
      `${JSON.stringify(text)} is not a log level`,
      'the proxy would not start',
      `write one of ${logLevels.join(', ')}`,
    ),
  );
  return 'info';
}

function readMemoryLimit(text: string | undefined, findings: Finding[]): number | undefined {
  if (text === undefined) return undefined;
  const { from, to } = memoryLimitBounds;
  const bytes = quantityOf(text);
  if (bytes !== undefined && bytes >= from && bytes <= to) return bytes;
  findings.push(
    podFinding(
      'MCP506',
      annotationPath(podAnnotations.memoryLimit),
      `${JSON.stringify(text)} is not a valid memory limit for the proxy`,
      bytes === undefined
        ? 'it is not a quantity'
        : `it is not from ${memoryText(from)} to ${memoryText(to)}`,
      `write a quantity from ${memoryText(from)} to ${memoryText(to)}, or remove the annotation`,
    ),
  );
  return undefined;
}

/** The parts of an annotation. One with more than a pod may ask for is refused, and nothing of it is read. */
function commaList(key: string, text: string | undefined, findings: Finding[]): string[] | undefined {
  const most = maxAnnotationEntries;
  const parts = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length <= most) return parts;
  findings.push(
    podFinding(
      'MCP002',
      annotationPath(key),
      `the annotation lists ${parts.length} entries, over the limit of ${most}`,
      'Sallyport reads no annotation over this limit',
      `remove entries until at most ${most} remain`,
    ),
  );
  return undefined;
}
