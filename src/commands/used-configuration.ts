import { defaultConfiguration, type Configuration } from '../core/configuration.ts';
import { printable } from '../core/printable.ts';
import {
  configMapName,
  installationNamespace,
  installedConfiguration,
  type InstalledConfiguration,
} from '../doctor/installed.ts';
import type { ChosenCluster } from '../kube/reachable.ts';
import type { CommandTerminal } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

/** Where Sallyport is installed unless the webhook configuration says otherwise. */
const usualNamespace = 'sallyport-system';

/**
 * The configuration that a command judges by: the file of `--config`, else the one that the replicas of the cluster use,
 * else the defaults. Says on standard error which one, unless the user named it.
 */
export async function usedConfiguration(
  file: string | undefined,
  cluster: ChosenCluster | undefined,
  terminal: CommandTerminal,
): Promise<Configuration> {
  if (file !== undefined || !cluster) return loadConfiguration(file);
  const { doctorClient } = await import('../kube/doctor-client.ts');
  const { unreachable } = await import('../kube/reachable.ts');
  const fail = (error: unknown) => {
    throw terminal.stop.aborted ? error : unreachable(cluster, error);
  };
  const client = doctorClient(cluster.config, usualNamespace, terminal.stop);
  const namespace = (await installationNamespace(client).catch(fail)) ?? usualNamespace;
  const found = await installedConfiguration({ ...client, namespace }).catch(fail);
  const said = sentenceOf(found, `ConfigMap ${namespace}/${configMapName}`);
  if (!terminal.quiet || found.state !== 'read') terminal.err(`sallyport: ${printable(said)}\n`);
  return found.state === 'read' ? found.configuration : defaultConfiguration;
}

function sentenceOf(found: InstalledConfiguration, name: string): string {
  const instead = 'the default configuration is used; to use another one, add --config FILE';
  switch (found.state) {
    case 'read':
      return found.isStored
        ? `configuration: ${name} of the cluster`
        : `configuration: the defaults, because ${name} does not exist in the cluster`;
    case 'invalid':
      return `warning: ${name} is not valid (${found.problem}): ${instead}`;
    case 'unread':
      return found.code === 403 || found.code === 401
        ? `warning: you may not get ${name}: ${instead}`
        : `warning: ${name} cannot be read (the API server responded with ${found.code}): ${instead}`;
  }
}
