import { stringify } from 'yaml';
import { findingLine } from '../core/finding.ts';
import { applyEdits } from '../core/inject/apply.ts';
import { claimOfObject } from '../core/operators/claim.ts';
import { explainPlan } from '../core/inject/explain.ts';
import { misplaced } from '../core/inject/misplaced.ts';
import { podIn, withPod } from '../core/k8s/pod-template.ts';
import { skipText } from '../core/inject/skip-reasons.ts';
import type { Fields } from '../core/k8s/objects.ts';
import { splitApiVersion } from '../core/k8s/api-version.ts';
import type { Cluster, Deadline, StoredObject } from '../core/cluster.ts';
import { injectLabelled as injectPod } from '../engine/inject-labelled.ts';
import { injectOperator } from '../engine/inject-operator.ts';
import { createEngine, settingsOf, type Engine } from '../engine/engine.ts';
import { inspectNames } from '../engine/inspect-document.ts';
import { InputError, loadDocuments, requireAll, type KubernetesObject } from '../files/documents.ts';
import { fileCluster, namespaceOf } from '../files/file-cluster.ts';
import { configOption, contextCluster, contextOptions, namespaceOption } from './cluster-options.ts';
import { defineCommand, unreadable } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';
import { printable } from '../core/printable.ts';

export const inject = defineCommand({
  name: 'inject',
  summary: 'print pods as the cluster would store them',
  group: 'Check and explain',
  usage: 'FILES... [options]',
  description: `
Prints every object of the files. Pods, also inside Deployments, Jobs and so on, are printed as the mutating webhook would return them.
The custom resources that a pod names are read from the files, or from a cluster.`,
  options: {
    explain: { type: 'flag', help: 'print what is added and why, instead of objects' },
    ...contextOptions('read custom resources from this cluster of your kubeconfig'),
    namespace: namespaceOption,
    config: configOption(),
  },
  argument: {
    name: 'files',
    many: true,
    required: true,
    what: 'at least one file or folder, or - for standard input',
  },
  printsObjects: true,
  examples: [
    ['sallyport inject agent.yaml --explain', 'print what the webhook would add to a pod, and why'],
    ['sallyport inject agent.yaml > injected.yaml', 'write the objects as the cluster would store them'],
  ],
  exit: { 0: 'every pod is admitted', 1: 'a pod would be denied', 2: unreadable },
  async run(values, terminal) {
    const configuration = await loadConfiguration(values.config);
    const { documents, unread } = await loadDocuments(values.files, terminal.stdin);
    // Half of the objects would pass for all of them.
    requireAll(unread);
    if (documents.length === 0)
      throw new InputError(`${values.files.join(', ')}: contains no Kubernetes object`);
    const files = fileCluster(() => Promise.resolve(documents), {
      namespace: values.namespace,
      missing: { state: 'unknown', cause: 'not-asked', why: 'it is not among these files' },
    });
    const cluster: Cluster = (await contextCluster(values, terminal)) ?? files;
    const engine = createEngine(settingsOf(configuration), cluster);

    let denied = 0;
    const printed: string[] = [];
    for (const { object, file } of documents) {
      const name = printable(`${object.kind} ${namespaceOf(object, values.namespace)}/${objectName(object)}`);
      const result = await injectObject(engine, object, values.namespace, { signal: terminal.stop });
      if (result.denied) denied += 1;
      if (values.explain && result.lines.length > 0)
        terminal.out(`${file}: ${name}\n${result.lines.map((line) => `  ${printable(line)}\n`).join('')}`);
      else if (result.denied)
        terminal.err(
          `${file}: ${name} would be denied\n${result.lines.map((line) => `  ${printable(line)}\n`).join('')}`,
        );
      printed.push(stringify(result.object, { aliasDuplicateObjects: false }));
    }
    if (!values.explain) terminal.out(printed.join('---\n'));
    else if (!terminal.quiet && !documents.some(({ object }) => podIn(object)))
      terminal.err(
        `${values.files.join(', ')}: contains no pod or workload, so there is nothing to inject\n`,
      );
    return denied > 0 ? 1 : 0;
  },
});

const objectName = ({ metadata }: KubernetesObject): string =>
  typeof metadata?.name === 'string' ? metadata.name : '(no name)';

const storedObject = (object: KubernetesObject, fallback: string): StoredObject => ({
  object,
  owner: {
    ...splitApiVersion(object.apiVersion),
    kind: object.kind,
    namespace: namespaceOf(object, fallback),
    name: objectName(object),
  },
});

interface Injected {
  readonly object: Fields;
  readonly lines: readonly string[];
  readonly denied: boolean;
}

async function injectObject(
  engine: Engine,
  object: KubernetesObject,
  fallback: string,
  deadline: Deadline,
): Promise<Injected> {
  const injected = await injectPods(engine, object, fallback, deadline);
  const names = await inspectNames(engine, storedObject(object, fallback), deadline);
  // The plan of a pod repeats what admission says of its names.
  const said = injected.lines.join('\n');
  const more = names.filter(({ finding }) => !said.includes(finding.what));
  return {
    ...injected,
    lines: [...injected.lines, ...more.map(({ finding }) => `! ${findingLine(finding)}`)],
    denied: injected.denied || more.some(({ mode }) => mode === 'enforce'),
  };
}

async function injectPods(
  engine: Engine,
  object: KubernetesObject,
  fallback: string,
  deadline: Deadline,
): Promise<Injected> {
  const pod = podIn(object);
  if (!pod) return { object, lines: [], denied: false };
  const namespace = namespaceOf(object, fallback);
  const { inject: platform } = engine.configuration;
  if (claimOfObject(object, namespace, platform).kind !== 'label') {
    const rewritten = await injectOperator(engine, { object, namespace }, deadline);
    switch (rewritten.kind) {
      case 'planned':
        return { object: applyEdits(object, rewritten.edits), lines: explainPlan(rewritten), denied: false };
      case 'left':
        return { object, lines: [findingLine(rewritten.finding)], denied: false };
      case 'skipped': {
        const mistake = misplaced(object, pod);
        const hint = mistake ? ` ([MCP506] ${mistake.what}: ${mistake.fix})` : '';
        return { object, lines: [`left as it is: ${skipText(rewritten)}${hint}`], denied: false };
      }
    }
  }
  const injection = await injectPod(engine, pod, namespace, deadline);
  switch (injection.kind) {
    case 'skipped':
      return { object, lines: [`left as it is: ${skipText(injection)}`], denied: false };
    case 'denied':
      return { object, lines: injection.findings.map(findingLine), denied: true };
    case 'planned':
      return {
        object: withPod(object, applyEdits(pod, injection.edits)),
        lines: explainPlan(injection),
        denied: false,
      };
  }
}
