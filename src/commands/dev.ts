import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { annotations, injectLabel, labels, podAnnotations } from '../core/annotations.ts';
import { findingLine } from '../core/finding.ts';
import { applyEdits } from '../core/inject/apply.ts';
import { skipText } from '../core/inject/skip-reasons.ts';
import type { PlannedServer } from '../core/inject/plan.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import { listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { sidecarName } from '../core/inject/sidecar.ts';
import { forwardVariable, urlVariable } from '../core/names.ts';
import { shellQuoted } from '../core/shell.ts';
import { proxyEnv } from '../core/contracts/proxy-contract.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { injectLabelled } from '../engine/inject-labelled.ts';
import { InputError, loadDocuments, requireAll, type SourceDocument } from '../files/documents.ts';
import { fileCluster, namespaceOf } from '../files/file-cluster.ts';
import { containerOf, layOutContainer, sourcesAmong, type Sources } from '../kubelet/container.ts';
import { createLog } from '../proxy/log.ts';
import { ListenError, startProxy } from '../proxy/proxy.ts';
import { readSettings } from '../proxy/settings.ts';
import { configOption, namespaceOption } from './cluster-options.ts';
import { defineCommand, unreadable, UsageError, type Terminal } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

/** Often enough that a saved file is used before somebody tries it. */
const lookEveryMs = 500;

export const dev = defineCommand({
  name: 'dev',
  summary: 'run the proxy for the agent of a pod on this machine',
  group: 'Check and explain',
  usage: 'FILES... [options]',
  description: `
Injects the labelled pod of the files (also inside a Deployment, Job and so on) as the cluster would, writes its Secrets into a private
temporary folder and runs the proxy on this machine, for an agent that runs here too. Resources and Secrets are read from the files, and
Secrets are read again when a file changes, so that you can try a rotation. The folder is removed when the command ends.`,
  options: {
    pod: { type: 'value', value: 'NAME', help: 'the pod or workload, if the files contain several' },
    namespace: namespaceOption,
    config: configOption(),
  },
  argument: { name: 'files', many: true, required: true, what: 'at least one file or folder' },
  stopsGracefully: true,
  examples: [
    ['sallyport dev agent.yaml servers.yaml secrets.yaml', 'run the proxy of the pod in agent.yaml'],
  ],
  exit: {
    0: 'stopped by a signal',
    1: 'the pod would be denied, or a port is in use',
    2: unreadable,
  },
  async run(values, terminal) {
    if (values.files.includes('-'))
      throw new UsageError('dev reads its files again when they change, so they cannot be standard input');
    const configuration = await loadConfiguration(values.config);
    const read = async () => {
      const { documents, unread } = await loadDocuments(values.files, terminal.stdin);
      requireAll(unread);
      return documents;
    };
    const documents = await read();
    const { object, pod } = chosen(documents, values);
    const namespace = namespaceOf(object, values.namespace);
    const engine = createEngine(
      settingsOf(configuration),
      fileCluster(() => Promise.resolve(documents), {
        namespace: values.namespace,
        missing: { state: 'absent' },
      }),
    );
    const injection = await injectLabelled(engine, pod, namespace, { signal: terminal.stop });
    if (injection.kind !== 'planned') {
      const lines = injection.kind === 'denied' ? injection.findings.map(findingLine) : [skipText(injection)];
      terminal.err(
        `${titleOf(object)} would not be injected\n${lines.map((line) => `  ${line}\n`).join('')}`,
      );
      return 1;
    }
    const stored = applyEdits(pod, injection.edits);
    // Readable by this user alone, as mkdtemp makes it.
    const root = mkdtempSync(path.join(tmpdir(), 'sallyport-dev-'));
    try {
      return await runFor(
        { stored, object, root, servers: injection.servers, namespace, fallback: values.namespace, read },
        terminal,
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
      terminal.out('Stopped. The temporary folder is deleted.\n');
    }
  },
});

const titleOf = (object: Fields): string =>
  `${textAt(object, 'kind')} ${textAt(object['metadata'], 'name') || '(no name)'}`;

interface Choice {
  readonly pod?: string | undefined;
  readonly files: readonly string[];
}

/** The one pod that asks for servers. */
function chosen(documents: readonly SourceDocument[], { pod: name, files }: Choice) {
  const labelled = documents.flatMap(({ object }) => {
    const pod = podIn(object);
    const called = name === undefined || object.metadata?.name === name;
    return pod && called && labels(pod).has(injectLabel) ? [{ object, pod }] : [];
  });
  const [only, ...more] = labelled;
  if (!only)
    throw new InputError(
      `no pod ${name === undefined ? '' : `of ${name} `}among the files has the label ${injectLabel}: "true"; to find the reason, run: sallyport why ${files.map(shellQuoted).join(' ')}`,
    );
  if (more.length > 0)
    throw new UsageError(
      `several pods have the label ${injectLabel}: "true"; to choose one, add --pod NAME, where NAME is one of ${labelled.map(({ object }) => String(object.metadata?.name)).join(', ')}`,
    );
  return only;
}

interface Stage {
  readonly stored: Fields;
  readonly object: Fields;
  readonly root: string;
  readonly servers: readonly PlannedServer[];
  readonly namespace: string;
  /** Of objects that name none. */
  readonly fallback: string;
  readonly read: () => Promise<readonly SourceDocument[]>;
}

async function runFor(stage: Stage, terminal: Terminal): Promise<number> {
  const { stored, root } = stage;
  const proxyEnvironment = Object.fromEntries(
    listAt(containerOf(stored, sidecarName), 'env').map((entry) => [
      textAt(entry, 'name'),
      textAt(entry, 'value'),
    ]),
  );
  let seen = await layOut(stage);
  const mcpConfig = path.join(root, 'mcp.json');
  writeFileSync(mcpConfig, annotations(stored).get(podAnnotations.mcpConfig) ?? '');
  const settings = readSettings({ ...proxyEnvironment, [proxyEnv.root]: root });
  const log = createLog('warn', terminal.err);
  const proxy = await startProxy({ ...settings, log }).catch((error: unknown) => {
    if (error instanceof ListenError) return error;
    throw error;
  });
  if (proxy instanceof ListenError) {
    terminal.err(
      `sallyport dev: ${proxy.message}; to use another port, set the annotation ${podAnnotations.ports}\n`,
    );
    return 1;
  }
  try {
    terminal.out(welcome(stage, mcpConfig, proxy.forwardPort));
    for (const problem of await problemsOf(proxy.adminPort)) terminal.out(`Waiting: ${problem}\n`);
    let problem = '';
    while (!terminal.stop.aborted) {
      await sleep(lookEveryMs, undefined, { signal: terminal.stop }).catch(() => undefined);
      try {
        seen = await layOut(stage, seen, (line) => terminal.err(line));
        problem = '';
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        // Said once; until it is mended the last good Secrets stay.
        if (error.message !== problem) terminal.err(`${error.message}\n`);
        problem = error.message;
      }
    }
    return 0;
  } finally {
    proxy.close();
  }
}

const welcome = ({ object, servers }: Stage, mcpConfig: string, forwardPort: number | undefined): string =>
  [
    `${titleOf(object)}, as it would be injected:`,
    '',
    `  export SALLYPORT_MCP_CONFIG=${mcpConfig}`,
    ...servers.map(({ name, url }) => `  export ${urlVariable(name)}=${url}`),
    ...(forwardPort === undefined ? [] : [`  export ${forwardVariable}=http://127.0.0.1:${forwardPort}`]),
    '',
    ...servers.map(({ name, config }) => `Requests for ${name} go to ${new URL(config.upstream).host}`),
    'Secrets are read again when the files change. To stop, press Ctrl-C.',
    '',
  ].join('\n');

/** What the proxy still misses, in the words of its startup probe. */
async function problemsOf(adminPort: number): Promise<string[]> {
  const where = { host: '127.0.0.1', port: adminPort, path: '/readyz', agent: false };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(where, resolve).once('error', reject);
  });
  const body = await text(answer);
  return answer.statusCode === 200 ? [] : body.trim().split('\n').slice(1);
}

/** Changes when any value does. */
function digestOf(sources: Sources): string {
  const hash = createHash('sha256');
  for (const [name, values] of [...sources].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    for (const [key, value] of values) hash.update(`${name}/${key}:${value.length}:`).update(value);
  return hash.digest('hex');
}

/**
 * The Secrets of the files as the proxy's volumes, when they are not those of the last time: a digest of nothing but
 * what is laid out anyway, so that saving another file is no rotation.
 */
async function layOut(
  stage: Stage,
  before = '',
  say: (line: string) => void = () => undefined,
): Promise<string> {
  const { stored, root, namespace, fallback, read } = stage;
  const objects = (await read()).map(({ object }) => object);
  const sources = sourcesAmong(objects, namespace, fallback);
  const now = digestOf(sources);
  if (now === before) return before;
  layOutContainer(stored, sidecarName, root, sources);
  if (before !== '') say('the Secrets changed; the next request uses the new values\n');
  return now;
}
