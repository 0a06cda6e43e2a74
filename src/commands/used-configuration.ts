import { defaultConfiguration, type Configuration } from '../core/configuration.ts';
import { printable, shownName } from '../core/printable.ts';
import { shellName } from '../core/shell.ts';
import {
  configMapName,
  installationNamespace,
  installedConfiguration,
  type InstalledConfiguration,
} from '../doctor/installed.ts';
import type { fromContext } from '../kube/kube-cluster.ts';
import { InputError } from '../files/documents.ts';
import type { CommandTerminal } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

/** Where Sallyport is installed unless the webhook configuration says otherwise. */
const usualNamespace = 'sallyport-system';

/** A cluster, and the name of its context. */
export interface ChosenCluster {
  readonly context: string;
  readonly config: ReturnType<typeof fromContext>;
}

/**
 * The configuration that a command judges by: the file of `--config`, else the one that the replicas of the cluster use,
 * else the defaults. Says on standard error which one, unless the user named it. Throws `InputError` when the API server
 * cannot be reached.
 */
export async function usedConfiguration(
  file: string | undefined,
  cluster: ChosenCluster | undefined,
  terminal: CommandTerminal,
): Promise<Configuration> {
  if (file !== undefined || !cluster) return loadConfiguration(file);
  const { doctorClient } = await import('../kube/doctor-client.ts');
  const client = doctorClient(cluster.config, usualNamespace, terminal.stop);
  const unreachable = () => {
    throw new InputError(
      `--context ${shownName(cluster.context)}: the API server cannot be reached; check the context with kubectl --context ${shellName(cluster.context)} version`,
    );
  };
  const namespace = (await installationNamespace(client).catch(unreachable)) ?? usualNamespace;
  const found = await installedConfiguration({ ...client, namespace }).catch(unreachable);
  const said = sentenceOf(found, `ConfigMap ${namespace}/${configMapName}`);
  if (!terminal.quiet || found.state !== 'read') terminal.err(`sallyport: ${printable(said)}\n`);
  return found.state === 'read' ? found.configuration : defaultConfiguration;
}

function sentenceOf(found: InstalledConfiguration, name: string): string {
  const instead = 'the default configuration is used instead; name another one with --config FILE';
  switch (found.state) {
    case 'read':
      return found.isStored
        ? `configuration: ${name} of the cluster`
        : `configuration: the defaults, because the cluster has no ${name}`;
    case 'invalid':
      return `warning: ${name} is not valid (${found.problem}): ${instead}`;
    case 'unread':
      return found.code === 403 || found.code === 401
        ? `warning: you may not get ${name}: ${instead}`
        : `warning: ${name} could not be read (the API server answered ${found.code}): ${instead}`;
  }
}
