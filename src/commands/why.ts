import { printable } from '../core/printable.ts';
import { shellName } from '../core/shell.ts';
import { printJson } from '../report/json.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import type { Fields } from '../core/k8s/objects.ts';
import { createEngine, settingsOf, type Engine } from '../engine/engine.ts';
import { fine, type Diagnosis, type DiagnosisStep, type Subject } from '../engine/diagnosis.ts';
import { walk } from '../engine/why.ts';
import { InputError, loadDocuments, requireAll, unreadText } from '../files/documents.ts';
import { fileCluster, namespaceOf } from '../files/file-cluster.ts';
import {
  chosenCluster,
  clusterOf,
  configOption,
  contextOptions,
  namedOrCurrent,
  type ContextValues,
  jsonOption,
  namespaceOption,
} from './cluster-options.ts';
import { defineCommand, unreadable, type CommandTerminal } from './command.ts';
import { stateSign, type Style } from '../terminal/style.ts';
import type { ChosenCluster } from '../kube/reachable.ts';
import { usedConfiguration } from './used-configuration.ts';

export const why = defineCommand({
  name: 'why',
  summary: 'say why a pod is injected or not, with one reason and one fix',
  group: 'Examine a cluster',
  usage: '(pod/NAME | deployment/NAME | FILES...) [options]',
  description: `
Follows the decision: label, cluster, servers, Secrets, plan, and for a pod of a cluster also what was stored and the state of its
proxy. The output ends with OK and where the calls go, or with one reason and one fix. For a workload, why examines its pod template and,
in a cluster, its pods.

Files are used as the whole cluster. With --context, why asks the cluster, with your own rights.`,
  options: {
    ...contextOptions(
      'ask this cluster of your kubeconfig; the default for pod/NAME and other workloads is the current context',
    ),
    namespace: { ...namespaceOption, help: 'the namespace of the workload, and of objects that name none' },
    output: jsonOption,
    config: configOption(
      'the configuration file; without it, the configuration that is installed in the cluster',
    ),
  },
  argument: { name: 'subject', many: true, required: true, what: 'pod/NAME, another workload, or files' },
  examples: [
    ['sallyport why pod/agent-5d8f -n team-a --context prod', 'examine a pod of a cluster'],
    ['sallyport why deployment/agent -n team-a --context prod', 'examine the pod template of a Deployment'],
    ['sallyport why agent.yaml', 'examine the workloads of a file'],
  ],
  exit: { 0: 'nothing is wrong', 1: 'something prevents the injection', 2: unreadable },
  async run(values, terminal) {
    const positionals = values.subject;
    const asked =
      (await liveSubject(positionals, values, terminal)) ??
      (await fileSubjects(positionals, values, terminal));
    const settings = settingsOf(await usedConfiguration(values.config, asked.chosen, terminal));

    const answers: Answer[] = [];
    for (const subject of asked.subjects) {
      const engine = createEngine(settings, asked.cluster);
      const diagnosis = await walk(engine, subject, { signal: terminal.stop });
      answers.push({ subject, diagnosis });
      if (values.output === 'text') terminal.out(textOf(subject, diagnosis, terminal.outStyle));
    }
    if (values.output === 'json') terminal.out(jsonOf(answers));
    if (asked.incomplete) return 2;
    return answers.every(({ diagnosis }) => fine.has(diagnosis.ending)) ? 0 : 1;
  },
});

interface Answer {
  readonly subject: Subject;
  readonly diagnosis: Diagnosis;
}

function textOf(subject: Subject, { steps, reason, fix, ending }: Diagnosis, style: Style): string {
  const end = fine.has(ending)
    ? `OK: ${printable(reason)}\n`
    : `Reason: ${printable(reason)}\nFix:    ${printable(fix)}\n`;
  return `${titleOf(subject)}\n${steps.map((step) => line(step, style)).join('')}\n${end}`;
}

/** As docs/schemas/why.schema.json says. */
const jsonOf = (answers: readonly Answer[]): string =>
  printJson({
    workloads: answers.map(({ subject, diagnosis: { steps, ending, reason, fix } }) => ({
      kind: String(subject.object['kind']),
      namespace: subject.namespace,
      name: nameOf(subject) ?? null,
      ok: fine.has(ending),
      ending,
      reason,
      fix: fine.has(ending) ? null : fix,
      steps: steps.map(({ name, state, text }) => ({ name, state, text })),
    })),
  });

const line = ({ name, state, text }: DiagnosisStep, style: Style): string =>
  `  ${stateSign(state, style)} ${name.padEnd(9)} ${printable(text)}\n`;

const nameOf = ({ object }: Subject): string | undefined => {
  const name = (object['metadata'] as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
};

const titleOf = (subject: Subject): string =>
  printable(`${String(subject.object['kind'])} ${subject.namespace}/${nameOf(subject) ?? '(no name)'}`);

interface Options extends ContextValues {
  readonly namespace: string;
}
interface WhySource {
  readonly subjects: readonly Subject[];
  readonly cluster: Engine['cluster'];
  /** A file could not be read, which has been said. */
  readonly incomplete?: boolean;
  /** Left out when the files are the cluster. */
  readonly chosen?: ChosenCluster;
}

/** `pod/NAME`, `deploy/NAME`, ...; `undefined` when it is no such word, and so a file. */
async function liveSubject(
  positionals: readonly string[],
  { namespace, ...named }: Options,
  terminal: CommandTerminal,
): Promise<WhySource | undefined> {
  const [word = '', name = ''] =
    /^([A-Za-z]+)\/([a-z0-9][-a-z0-9.]*)$/.exec(positionals[0] ?? '')?.slice(1) ?? [];
  if (word === '' || positionals.length > 1) return undefined;
  const { kubeCluster } = await import('../kube/kube-cluster.ts');
  const { refusalCode, liveWorkloads, workloadWord } = await import('../kube/live-workloads.ts');
  const { unreachable } = await import('../kube/reachable.ts');
  const { proxyCalls } = await import('../kube/proxy-calls.ts');
  const kind = workloadWord(word);
  if (!kind) return undefined;
  const chosen = await namedOrCurrent(named, terminal);
  const { config } = chosen;
  const signal = terminal.stop;
  const live = liveWorkloads(config);
  const object = await live.get(kind, namespace, name, signal).catch((error: unknown) => {
    const code = refusalCode(error);
    if (signal.aborted) throw error;
    if (code === undefined) throw unreachable(chosen, error);
    throw new InputError(
      code === 401 || code === 403
        ? `you may not read ${kind} ${name} in namespace ${namespace}; to check, run: kubectl auth can-i get ${kind}/${shellName(name)} -n ${shellName(namespace)}`
        : `${kind} ${name} in namespace ${namespace} cannot be read: the API server responded with ${code}`,
    );
  });
  if (!object)
    throw new InputError(
      `${kind} ${name} does not exist in namespace ${namespace}; to list what exists, run: kubectl -n ${shellName(namespace)} get ${kind}s`,
    );
  const installation = await live.installation(namespace, signal);
  const pods = kind === 'pod' ? [] : await live.podsOf(object, namespace, signal);
  const calls = (pod: Fields, until: AbortSignal) => proxyCalls(config, pod, until);
  return {
    subjects: [{ object, namespace, installation, live: true, pods, calls }],
    cluster: kubeCluster(config),
    chosen,
  };
}

async function fileSubjects(
  positionals: readonly string[],
  { namespace, ...context }: Options,
  terminal: CommandTerminal,
): Promise<WhySource> {
  const { documents, unread } = await loadDocuments(positionals, terminal.stdin);
  if (documents.length === 0) requireAll(unread);
  for (const one of unread) terminal.err(`sallyport: ${unreadText(one)}\n`);
  const chosen = await chosenCluster(context, terminal);
  const cluster = chosen
    ? await clusterOf(chosen)
    : fileCluster(() => Promise.resolve(documents), { namespace, missing: { state: 'absent' } });
  const makers = documents.filter(({ object }) => podIn(object) !== undefined);
  // Of one object that makes no pods it is worth saying so.
  const asked = makers.length > 0 ? makers : documents.slice(0, 1);
  if (asked.length === 0) throw new InputError(`${positionals.join(', ')}: contains no Kubernetes object`);
  return {
    cluster,
    incomplete: unread.length > 0,
    ...(chosen ? { chosen } : {}),
    subjects: asked.map(({ object }) => ({
      object: object as Fields,
      namespace: namespaceOf(object, namespace),
      live: false,
    })),
  };
}
