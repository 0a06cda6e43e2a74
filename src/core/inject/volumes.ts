import type { KeyRef, McpServer, SourceRef } from '../model.ts';
import { serverRef } from '../model.ts';
import { podName } from '../names.ts';
import { files, serversDir, type ProxyServer } from '../contracts/proxy-contract.ts';
import type { Fields } from '../k8s/objects.ts';
import type { PlannedHeader } from './headers.ts';

/** Readable by the proxy's own uid without an fsGroup, which would chown the app's volumes. Only the proxy mounts it. */
const worldReadable = 0o444;

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
  const add = (source: SourceRef, key: string, file: string) => {
    sources[file] = `${source.kind.toLowerCase()}/${source.name}/${key}`;
  };
  for (const { file, ref } of headers.flatMap((header) => header.files)) add(ref.source, ref.key, file);
  const { client } = server.tls;
  if (client) {
    add(client.source, 'tls.crt', files.clientCert);
    add(client.source, 'tls.key', files.clientKey);
  }
  if (ca) add(ca.source, ca.key, files.ca);
  for (const [i, { source }] of server.headerSecrets.entries())
    sources[bundleDir(i)] = `secret/${source.name}`;
  const dir = `${serversDir}/${volumeName}`;
  const bundles = server.headerSecrets.map((_, i) => ({ dir: bundleDir(i), conflict: 'override' as const }));
  const volumes = volumesOfServer({ name, dir, bundles, sources });
  if (!volumes) throw new Error(`the sources of server ${name} cannot be projected`);
  return { name: volumeName, dir, volumes, sources };
}

/**
 * The volumes of a server, as its configuration implies them; `undefined` where `sources` does not name an object and
 * a key. Planning and the final check build them here, so the two cannot disagree.
 */
export function volumesOfServer(
  server: Pick<ProxyServer, 'name' | 'dir' | 'bundles' | 'sources'>,
): readonly Fields[] | undefined {
  const mounts = serverMounts(server);
  const projected = mounts.map((): Fields[] => []);
  const further = server.bundles.map(({ dir }) => dir).filter((dir) => dir !== '.');
  const places = new Map(further.map((dir, i) => [dir, i + 1]));
  const sources = server.sources ?? {};
  const bundles = new Set(server.bundles.map(({ dir }) => dir));
  for (const [file, text] of Object.entries(sources)) {
    const source = sourceOf(text);
    if (!source || (source.key === '') !== bundles.has(file)) return undefined;
    const { kind, name, key } = source;
    const items = [{ key, path: file }];
    if (file === files.clientCert && sources[files.clientKey] !== undefined) {
      // One source for the two files of a client certificate, so that the kubelet switches them together.
      const other = sourceOf(sources[files.clientKey]);
      if (other?.kind !== kind || other.name !== name || other.key === '') return undefined;
      items.push({ key: other.key, path: files.clientKey });
    } else if (file === files.clientKey && sources[files.clientCert] !== undefined) continue;
    const content = key === '' ? { name, optional: true } : { name, items, optional: true };
    // The first is the server's main volume: it has every file, and the bundle `.`.
    projected[places.get(file) ?? 0]?.push({ [kind]: content });
  }
  return mounts.map((mount, i) => ({
    name: mount.name,
    projected: { defaultMode: worldReadable, sources: projected[i] },
  }));
}

/** `secret/NAME/KEY`, `configmap/NAME/KEY`, or `secret/NAME` for a whole Secret. */
function sourceOf(
  text: string | undefined,
): { readonly kind: 'secret' | 'configMap'; readonly name: string; readonly key: string } | undefined {
  const [, kind, name = '', key = ''] = /^(secret|configmap)\/([^/]+)(?:\/(.+))?$/s.exec(text ?? '') ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind === 'secret' ? 'secret' : 'configMap', name, key };
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
