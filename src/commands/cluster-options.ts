import { printable, shownName } from '../core/printable.ts';
import type { SourceFact } from '../core/facts.ts';
import type { Cluster } from '../core/cluster.ts';
import { fileCluster } from '../files/file-cluster.ts';
import { watchedFolder } from '../files/folder.ts';
import { outputs, severityChoices } from '../report/render.ts';
import {
  UsageError,
  type CommandTerminal,
  type FlagOption,
  type ListOption,
  type Options,
  type ValueOption,
} from './command.ts';
import type { ChosenCluster } from '../kube/reachable.ts';

/** Options that several commands have. Each says in its `help` what the command uses the value for. */

/** The cluster of a kubeconfig: `...contextOptions('…')`. */
export const contextOptions = (help: string) =>
  ({
    context: { type: 'value', value: 'NAME', help },
    kubeconfig: {
      type: 'value',
      value: 'FILE',
      help: 'the kubeconfig (default: the files of KUBECONFIG, then ~/.kube/config)',
    },
  }) as const satisfies Options;

/** The values of `contextOptions`. */
export interface ContextValues {
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

export const clusterFolderOption = {
  type: 'value',
  value: 'DIR',
  help: 'use a folder of YAML as the cluster; a Secret that is not in it does not exist',
} as const satisfies ValueOption;

export const inClusterOption = {
  type: 'flag',
  help: 'use the cluster of this pod, through its service account',
} as const satisfies FlagOption;

export const configOption = (help = 'the configuration file of the webhooks') =>
  ({ type: 'value', value: 'FILE', help }) as const satisfies ValueOption;

/** For files and folders, on top of `.sallyportignore`. */
export const excludeOption = {
  type: 'list',
  value: 'PATTERN',
  help: 'leave out files and folders that match, in the syntax of .gitignore; can be repeated',
} as const satisfies ListOption;

/** For objects in files, which may name no namespace. */
export const namespaceOption = {
  type: 'value',
  short: 'n',
  value: 'NAME',
  help: 'the namespace of objects that name none',
  default: 'default',
} as const satisfies ValueOption;

/** Where Sallyport is installed. */
export const installationOption = {
  type: 'value',
  short: 'n',
  value: 'NAME',
  help: 'the namespace in which Sallyport is installed',
  default: 'sallyport-system',
} as const satisfies ValueOption;

export const outputOption = {
  type: 'value',
  short: 'o',
  value: 'FORMAT',
  help: 'the form of the report',
  choices: outputs,
  default: 'text',
} as const satisfies ValueOption;

/** For commands whose output is no list of findings. */
export const jsonOption = {
  type: 'value',
  short: 'o',
  value: 'FORMAT',
  help: 'the form of the output',
  choices: ['text', 'json'],
  default: 'text',
} as const satisfies ValueOption;

export const severityOption = {
  type: 'value',
  value: 'LEVEL',
  help: 'print findings of this severity and above; the exit code does not change',
  choices: severityChoices,
  default: 'note',
} as const satisfies ValueOption;

/** In a folder that is the cluster, what is not there does not exist. */
const absent: SourceFact = { state: 'absent' };

/** A folder of YAML as the cluster. It never looks at a kubeconfig. Throws `InputError` when there is no such folder. */
export async function folderCluster(folder: string, onError: (message: string) => void): Promise<Cluster> {
  const documents = watchedFolder(folder, onError);
  await documents();
  return fileCluster(documents, { namespace: 'default', missing: absent });
}

/** A context of the user's kubeconfig; the Kubernetes client is loaded only now. */
export async function contextCluster(
  values: ContextValues,
  terminal: CommandTerminal,
): Promise<Cluster | undefined> {
  const chosen = await chosenCluster(values, terminal);
  return chosen && clusterOf(chosen);
}

/** The same, with its connection; `undefined` when no context is chosen. */
export async function chosenCluster(
  values: ContextValues,
  terminal: CommandTerminal,
): Promise<ChosenCluster | undefined> {
  const { context, kubeconfig } = values;
  requireContext(values);
  return context === undefined ? undefined : connectTo({ context, kubeconfig }, terminal);
}

/** The cluster of a context. Throws `InputError` when its API server does not respond. */
async function connectTo(
  { context, kubeconfig }: { readonly context: string; readonly kubeconfig?: string | undefined },
  { stop }: CommandTerminal,
): Promise<ChosenCluster> {
  const { fromContext } = await import('../kube/kube-cluster.ts');
  const { requireResponse } = await import('../kube/reachable.ts');
  const chosen = { context, kubeconfig, config: fromContext(context, kubeconfig) };
  await requireResponse(chosen, stop);
  return chosen;
}

/** For what uses no current context: a kubeconfig alone would have no effect. Throws `UsageError`. */
export function requireContext({ context, kubeconfig }: ContextValues): void {
  if (kubeconfig !== undefined && context === undefined)
    throw new UsageError('--kubeconfig has no effect without --context; add --context NAME');
}

export async function clusterOf({ config }: ChosenCluster): Promise<Cluster> {
  const { kubeCluster } = await import('../kube/kube-cluster.ts');
  return kubeCluster(config);
}

/** The cluster of the context that the user names, or of the current one, which is then said. For commands that change nothing. */
export async function namedOrCurrent(
  { context, kubeconfig }: ContextValues,
  terminal: CommandTerminal,
): Promise<ChosenCluster> {
  if (context !== undefined) return connectTo({ context, kubeconfig }, terminal);
  const { currentContext } = await import('../kube/kube-cluster.ts');
  const current = currentContext(kubeconfig);
  if (!terminal.quiet)
    terminal.err(`Using the current context of the kubeconfig, ${shownName(printable(current))}.\n`);
  return connectTo({ context: current, kubeconfig }, terminal);
}
