import type { KubeConfig } from '@kubernetes/client-node';
import { printable, shownName } from '../core/printable.ts';
import { shellName, shellQuoted } from '../core/shell.ts';
import { InputError } from '../files/documents.ts';
import { rawRequests } from './raw.ts';
import { parseUrl } from '../core/url.ts';

/** An API server that sends nothing for so long does not respond to a person who waits for it. */
const silenceMs = 15_000;

/** A cluster of a kubeconfig. */
export interface ChosenCluster {
  readonly config: KubeConfig;
  readonly context: string;
  /** The value of `--kubeconfig`. */
  readonly kubeconfig?: string | undefined;
}

/** Throws `InputError` unless the API server of the context responds; which status it responds with is no matter. */
export async function requireResponse(chosen: ChosenCluster, signal: AbortSignal): Promise<void> {
  await rawRequests(chosen.config)
    .ask({ path: '/version', silenceMs }, signal)
    .catch((error: unknown) => {
      throw signal.aborted ? error : unreachable(chosen, error);
    });
}

/** Says that nothing came from the API server. `error` is how the request failed. */
export function unreachable({ config, context, kubeconfig }: ChosenCluster, error: unknown): InputError {
  const server = parseUrl(config.getCurrentCluster()?.server ?? '');
  const host = server ? ` ${shownName(printable(server.host))}` : '';
  const code = error instanceof Error && 'code' in error ? ` (${printable(String(error.code))})` : '';
  const file = kubeconfig === undefined ? '' : ` --kubeconfig ${shellQuoted(kubeconfig)}`;
  return new InputError(
    `--context ${shownName(context)}: the API server${host} cannot be reached${code}; to check the context, run: kubectl${file} --context ${shellName(context)} version`,
  );
}
