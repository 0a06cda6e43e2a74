import type { KeyRef, McpServer, WholeRef } from '../model.ts';
import { serverRef } from '../model.ts';
import { podName } from '../names.ts';
import { files, serversDir, type ProxyServer } from '../proxy-contract.ts';
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
  /** One, and one more for each whole Secret after the first: two could hold the same key. */
  readonly volumes: readonly Fields[];
  /** File to `secret/NAME/KEY`, for messages. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Where the proxy finds a server's whole Secrets: beside `+`, and each further one in a folder no key can be called. */
export const bundleDir = (index: number): string => (index === 0 ? '.' : `+${index}`);

/** The mounts of a server's volumes, as its configuration implies them. */
export function serverMounts({
  name,
  dir,
  bundles,
}: Pick<ProxyServer, 'name' | 'dir' | 'bundles'>): readonly {
  readonly name: string;
  readonly dir: string;
}[] {
  const main = dir.slice(serversDir.length + 1);
  const further = bundles.filter((bundle) => bundle.dir !== '.');
  return [
    { name: main, dir },
    ...further.map((bundle) => ({
      name: podName(name, ['bundle', main, bundle.dir]),
      dir: `${dir}/${bundle.dir}`,
    })),
  ];
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
  for (const { file, ref } of headers.flatMap((header) => header.files))
    add(ref, [{ key: ref.key, path: file }]);
  if (server.tls.client) {
    add(server.tls.client, [
      { key: 'tls.crt', path: files.clientCert },
      { key: 'tls.key', path: files.clientKey },
    ]);
  }
  if (ca) add(ca, [{ key: ca.key, path: files.ca }]);
  const whole = server.bundles.map(({ source }, i) => {
    sources[bundleDir(i)] = `secret/${source.name}`;
    return { secret: { name: source.name, optional: true } };
  });
  const dir = `${serversDir}/${volumeName}`;
  const contents = [[...projected, ...whole.slice(0, 1)], ...whole.slice(1).map((one) => [one])];
  const bundles = whole.map((_, i) => ({ dir: bundleDir(i) }));
  const mounts = serverMounts({
    name,
    dir,
    bundles: bundles.map((one) => ({ ...one, conflict: 'override' })),
  });
  return {
    name: volumeName,
    dir,
    volumes: mounts.map((mount, i) => ({
      name: mount.name,
      projected: { defaultMode: worldReadable, sources: contents[i] },
    })),
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
