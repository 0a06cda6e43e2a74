import { readFile } from 'node:fs/promises';
import type { Cluster } from '../core/cluster.ts';
import { decodeReview } from '../core/review/admission.ts';
import { handlers, routeOf } from '../engine/webhooks.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { InputError } from '../files/documents.ts';
import { fileCluster } from '../files/file-cluster.ts';
import {
  clusterFolderOption,
  configOption,
  contextCluster,
  contextOptions,
  type ContextValues,
  folderCluster,
} from './cluster-options.ts';
import { defineCommand, unreadable, UsageError, type CommandTerminal, type Terminal } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const review = defineCommand({
  name: 'review',
  summary: 'print the response of the webhooks to an AdmissionReview in a file',
  group: 'Check and explain',
  usage: 'FILE [options]',
  description: `
Prints the AdmissionReview with the response of the webhook that the API server would call: for a pod, for an operator's workload, or for
a resource. FILE may be - for standard input.

Without a cluster, nothing is known of Secrets, and each is reported as not checked.`,
  options: {
    cluster: clusterFolderOption,
    ...contextOptions('ask this cluster of your kubeconfig'),
    config: configOption(),
  },
  argument: { name: 'file', required: true, what: 'exactly one file, or - for standard input' },
  printsObjects: true,
  examples: [
    [
      'sallyport review review.json --cluster manifests/',
      'print the response to a recorded review, with a folder as the cluster',
    ],
    [
      'sallyport review review.json --context prod',
      'print the response to a recorded review, with the Secrets of a cluster',
    ],
  ],
  exit: { 0: 'the request is allowed', 1: 'the request is denied', 2: unreadable },
  async run(values, terminal) {
    const { file } = values;
    if (values.cluster !== undefined && values.context !== undefined)
      throw new UsageError('--cluster and --context exclude each other');
    const configuration = await loadConfiguration(values.config);
    const decoded = decodeReview(await readJson(file, terminal));
    if (decoded.kind === 'invalid') throw new InputError(`${file}: ${decoded.problem}`);
    const { request } = decoded;
    const cluster = await clusterFrom(values, terminal);
    const engine = createEngine(settingsOf(configuration), cluster);
    const judge = handlers((_, one) => one)[routeOf(request, configuration.inject)];
    const { answer } = await judge(engine, request, { signal: terminal.stop });
    terminal.out(`${JSON.stringify(answer, undefined, 2)}\n`);
    return answer.response.allowed ? 0 : 1;
  },
});

async function clusterFrom(
  { cluster, ...context }: ContextValues & { readonly cluster?: string | undefined },
  terminal: CommandTerminal,
): Promise<Cluster> {
  const live = await contextCluster(context, terminal);
  if (live) return live;
  if (cluster !== undefined)
    return folderCluster(cluster, (message) => terminal.err(`sallyport: ${message}\n`));
  const nothing = {
    state: 'unknown',
    cause: 'not-asked',
    why: 'no cluster is given; add --cluster DIR or --context NAME',
  } as const;
  return fileCluster(() => Promise.resolve([]), { namespace: 'default', missing: nothing });
}

async function readJson(file: string, terminal: Terminal): Promise<unknown> {
  const text =
    file === '-'
      ? await terminal.stdin()
      : await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
          throw new InputError(
            `${file}: ${error.code === 'ENOENT' ? 'no such file or folder' : `cannot be read (${error.code ?? 'unknown error'})`}`,
          );
        });
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${file}: the AdmissionReview is not valid JSON`);
  }
}
