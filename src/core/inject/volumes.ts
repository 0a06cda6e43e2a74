import type { KeyRef, McpServer, WholeRef } from '../model.ts';
import { serverRef } from '../model.ts';
import { podName } from '../names.ts';
import { files, serversDir } from '../proxy-contract.ts';
import type { Fields } from './pod.ts';
import type { PlannedHeader } from './headers.ts';

/** Readable by the proxy's own uid without an fsGroup, which would chown the app's volumes. Only the proxy mounts it. */
const worldReadable = 0o444;

interface ProjectedItem {
  readonly key: string;
  readonly path: string;
}

export interface ServerVolume {
  readonly name: string;
  readonly dir: string;
  readonly volume: Fields;
  /** File to `secret/NAME/KEY`, for messages. */
  readonly sources: Readonly<Record<string, string>>;
}

/**
 * One projected volume a server, so that everything of one Secret switches in one step of the kubelet. Every source
 * is optional: a required one would stop the kubelet from updating the volume, and a deleted credential would stay
 * on disk for ever.
 */
export function serverVolume(
  server: McpServer,
  name: string,
  headers: readonly PlannedHeader[],
  ca: KeyRef | undefined,
): ServerVolume {
  const volumeName = podName(name, ['server', serverRef(server)]);
  const sources: Record<string, string> = {};
  const projected: Fields[] = [];
  const add = (ref: KeyRef | WholeRef, items: readonly ProjectedItem[]) => {
    const kind = ref.source.kind === 'Secret' ? 'secret' : 'configMap';
    projected.push({ [kind]: { name: ref.source.name, items, optional: true } });
    for (const { key, path } of items)
      sources[path] = `${ref.source.kind.toLowerCase()}/${ref.source.name}/${key}`;
  };
  for (const { file, ref } of headers)
    if (file !== undefined && ref) add(ref, [{ key: ref.key, path: file }]);
  if (server.tls.client) {
    add(server.tls.client, [
      { key: 'tls.crt', path: files.clientCert },
      { key: 'tls.key', path: files.clientKey },
    ]);
  }
  if (ca) add(ca, [{ key: ca.key, path: files.ca }]);
  for (const bundle of server.bundles) {
    projected.push({ secret: { name: bundle.source.name, optional: true } });
    sources['.'] = `secret/${bundle.source.name}`;
  }
  return {
    name: volumeName,
    dir: `${serversDir}/${volumeName}`,
    volume: { name: volumeName, projected: { defaultMode: worldReadable, sources: projected } },
    sources,
  };
}

/** The app's mcp.json, written from the pod's own annotation. */
export function mcpConfigVolume(annotation: string): { readonly name: string; readonly volume: Fields } {
  const name = podName('mcp-config', ['mcp-config']);
  const items = [{ path: 'mcp.json', fieldRef: { fieldPath: `metadata.annotations['${annotation}']` } }];
  return { name, volume: { name, downwardAPI: { items } } };
}

/** Mounted where the API server would mount a token, so that it mounts none: the proxy needs no access to the cluster. */
export function noTokenVolume(): { readonly name: string; readonly volume: Fields } {
  const name = podName('no-token', ['no-token']);
  return { name, volume: { name, projected: { sources: [] } } };
}
