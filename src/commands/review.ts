import { readFile } from 'node:fs/promises';
import type { Cluster } from '../core/cluster.ts';
import { decodeReview } from '../core/review/admission.ts';
import { handlers, routeOf } from '../engine/webhooks.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { InputError } from '../files/documents.ts';
import { fileCluster } from '../files/file-cluster.ts';
import { contextCluster, folderCluster } from './cluster-options.ts';
import { parseArguments, UsageError, type Command, type Terminal } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

export const review: Command = {
  name: 'review',
  summary: 'answer one AdmissionReview from a file, as the webhooks would',
  help: `sallyport review FILE [options]

Prints the AdmissionReview with the answer of the webhook entry that the API server would ask: for a pod, for what an
operator made, or for a resource. FILE may be - for standard input.

  --cluster DIR    a folder of YAML is the cluster
  --context NAME   ask this cluster of your kubeconfig
  --config FILE    the configuration

Without a cluster nothing is known of Secrets, and each is reported as not checked.

Exit: 0 allowed, 1 denied, 2 the command or the input cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      cluster: { type: 'string' },
      context: { type: 'string' },
      config: { type: 'string' },
    });
    const [file, extra] = positionals;
    if (file === undefined || extra !== undefined)
      throw new UsageError('review needs exactly one file, or - for standard input');
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
};

async function clusterFrom(
  { cluster, context }: { cluster?: string | undefined; context?: string | undefined },
  terminal: Terminal,
): Promise<Cluster> {
  if (cluster !== undefined)
    return folderCluster(cluster, (message) => terminal.err(`sallyport: ${message}\n`));
  if (context !== undefined) return contextCluster(context);
  const nothing = {
    state: 'unknown',
    cause: 'not-asked',
    why: 'no cluster was given (--cluster DIR or --context NAME)',
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
    throw new InputError(`${file}: not JSON`);
  }
}
