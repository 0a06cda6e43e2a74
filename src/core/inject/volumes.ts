import { keyText, serverRef, type KeyRef, type McpServer } from '../model.ts';
import { podName } from '../names.ts';
import { files, serversDir, type ProxyServer } from '../contracts/proxy-contract.ts';
import type { Fields } from '../k8s/objects.ts';
import { isSameObject, readFileSource, type FileSource } from './file-source.ts';
import type { PlannedHeader } from './headers.ts';

/** Readable by the proxy's own uid without an fsGroup, which would chown the app's volumes. Only the proxy mounts it. */
const worldReadable = 0o444;

export interface ServerVolume {
  readonly name: string;
  readonly dir: string;
  /** One, and one more for each whole Secret after the first: two could hold the same key. */
  readonly volumes: readonly Fields[];
  /** File to `secret/NAME/KEY` or `serviceaccounttoken/SECONDS/AUDIENCE`. */
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
 * One projected volume a server, so that everything of one Secret switches in one step of the kubelet. Every Secret and
 * ConfigMap is optional: a required one would stop the kubelet from updating the volume, and a deleted credential would
 * stay on disk for ever. Kubernetes has no optional token.
 */
export function serverVolume(
  server: McpServer,
  name: string,
  headers: readonly PlannedHeader[],
  ca: KeyRef | undefined,
): ServerVolume {
  const volumeName = podName(name, ['server', serverRef(server)]);
  const sources: Record<string, string> = {};
  for (const { file, source } of headers.flatMap((header) => header.files)) sources[file] = source;
  const { client } = server.tls;
  if (client) {
    sources[files.clientCert] = keyText({ ...client, key: 'tls.crt' });
    sources[files.clientKey] = keyText({ ...client, key: 'tls.key' });
  }
  if (ca) sources[files.ca] = keyText(ca);
  for (const [i, { source }] of server.headerSecrets.entries())
    sources[bundleDir(i)] = `secret/${source.name}`;
  const dir = `${serversDir}/${volumeName}`;
  const bundles = server.headerSecrets.map((_, i) => ({ dir: bundleDir(i), conflict: 'override' as const }));
  const volumes = volumesOfServer({ name, dir, bundles, sources });
  if (!volumes) throw new Error(`the sources of server ${name} cannot be projected`);
  return { name: volumeName, dir, volumes, sources };
}

/**
 * The volumes of a server, as its configuration implies them; `undefined` where `sources` names something that is not
 * projected there. Planning and the final check build them here, so the two cannot disagree.
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
    const source = readFileSource(text);
    if (!source || isWhole(source) !== bundles.has(file)) return undefined;
    const both = [files.clientCert, files.clientKey].every((one) => sources[one] !== undefined);
    // The certificate's source has it too, so that the kubelet switches the two files together.
    if (file === files.clientKey && both) continue;
    const key =
      file === files.clientCert && both ? readFileSource(sources[files.clientKey] ?? '') : undefined;
    if (key && !isSameObject(source, key)) return undefined;
    // The first is the server's main volume: it has every file, and the bundle `.`.
    projected[places.get(file) ?? 0]?.push(projectionOf(source, file, key));
  }
  return mounts.map((mount, i) => ({
    name: mount.name,
    projected: { defaultMode: worldReadable, sources: projected[i] },
  }));
}

const isWhole = (source: FileSource): boolean => source.kind !== 'serviceAccountToken' && source.key === '';

/** One source of a projected volume; `clientKey` is the key of the client certificate in the same object. */
function projectionOf(source: FileSource, file: string, clientKey: FileSource | undefined): Fields {
  if (source.kind === 'serviceAccountToken') {
    const { kind, audience, expirationSeconds } = source;
    return { [kind]: { audience, expirationSeconds, path: file } };
  }
  const { kind, name, key } = source;
  if (key === '') return { [kind]: { name, optional: true } };
  const items = [{ key, path: file }];
  if (clientKey?.kind === kind) items.push({ key: clientKey.key, path: files.clientKey });
  return { [kind]: { name, items, optional: true } };
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
