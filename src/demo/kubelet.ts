import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { listAt, fieldsAt, textAt, type Fields } from '../core/inject/pod.ts';
import { proxyEnv } from '../core/proxy-contract.ts';
import { annotations } from '../core/annotations.ts';
import { valuesOf } from '../facts/observe.ts';
import { parseDocuments } from '../files/documents.ts';
import { layOutVolume } from './kubelet-volume.ts';

/** The sources a pod's volumes are filled from: Secrets and ConfigMaps by kind and name. */
export type Sources = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

export function readSources(yaml: string, file: string): Sources {
  const { documents } = parseDocuments(yaml, file);
  return new Map(
    documents.flatMap(({ object }) =>
      object.kind === 'Secret' || object.kind === 'ConfigMap'
        ? [[`${object.kind}/${String(object.metadata?.name)}`, valuesOf(object.kind, object)] as const]
        : [],
    ),
  );
}

/** What a container would see: its volumes below a folder that stands for its root. Called again, it rotates them. */
export function layOutContainer(
  pod: Fields,
  containerName: string,
  root: string,
  sources: Sources,
): string[] {
  const spec = fieldsAt(pod, 'spec');
  const container = containerOf(pod, containerName);
  return listAt(container, 'volumeMounts').map((mount) => {
    const volume = listAt(spec, 'volumes').find((one) => textAt(one, 'name') === textAt(mount, 'name')) ?? {};
    const folder = path.join(root, textAt(mount, 'mountPath'));
    layOutVolume(folder, contentOf(volume, pod, sources));
    return folder;
  });
}

export function containerOf(pod: Fields, name: string): Fields {
  const spec = fieldsAt(pod, 'spec');
  const found = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].find(
    (one) => textAt(one, 'name') === name,
  );
  if (!found) throw new Error(`the pod has no container ${name}`);
  return found;
}

function contentOf(volume: Fields, pod: Fields, sources: Sources): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const source of listAt(fieldsAt(volume, 'projected'), 'sources')) {
    const kind = source['secret'] === undefined ? 'configMap' : 'secret';
    const { [kind]: reference } = source;
    const values = sources.get(`${kind === 'secret' ? 'Secret' : 'ConfigMap'}/${textAt(reference, 'name')}`);
    const items = listAt(reference, 'items');
    for (const item of items) {
      const value = values?.get(textAt(item, 'key'));
      if (value) files[textAt(item, 'path')] = value;
    }
    if (items.length === 0) for (const [key, value] of values ?? []) files[key] = value;
  }
  for (const item of listAt(fieldsAt(volume, 'downwardAPI'), 'items')) {
    const key = /\['(.+)'\]$/.exec(textAt(fieldsAt(item, 'fieldRef'), 'fieldPath'))?.[1] ?? '';
    files[textAt(item, 'path')] = Buffer.from(annotations(pod).get(key) ?? '');
  }
  return files;
}

/** The proxy image's own files, where its command expects them. */
export function layOutProxyImage(root: string, bundles: string): void {
  mkdirSync(path.join(root, 'sallyport'), { recursive: true });
  mkdirSync(path.join(root, 'dev'), { recursive: true });
  for (const file of ['proxy.mjs', 'check.mjs'])
    copyFileSync(path.join(bundles, file), path.join(root, 'sallyport', file));
}

/** Runs a container's command below its root: `node` is this node, an absolute path is the image's. */
function commandLine(command: readonly unknown[], root: string): string[] {
  return command
    .slice(1)
    .map((part) => (String(part).startsWith('/') ? path.join(root, String(part)) : String(part)));
}

function environmentOf(container: Fields, root: string): Record<string, string> {
  const own = listAt(container, 'env').map(
    (entry) => [textAt(entry, 'name'), textAt(entry, 'value')] as const,
  );
  return { ...Object.fromEntries(own), [proxyEnv.root]: root };
}

/** Starts a container from its own command and environment; `SALLYPORT_ROOT` is the only addition. */
export function startContainer(
  container: Fields,
  root: string,
  onOutput: (text: string) => void,
): ChildProcess {
  const child = spawn(process.execPath, commandLine(container['command'] as unknown[], root), {
    env: environmentOf(container, root),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => onOutput(chunk.toString()));
  return child;
}

/** One try of the container's startup probe: whether it passed, and what it printed. */
export function runStartupProbe(
  container: Fields,
  root: string,
): { readonly passed: boolean; readonly output: string } {
  const command = fieldsAt(fieldsAt(container, 'startupProbe'), 'exec')['command'] as unknown[];
  const result = spawnSync(process.execPath, commandLine(command, root), {
    env: environmentOf(container, root),
    encoding: 'utf8',
  });
  return { passed: result.status === 0, output: `${result.stdout}${result.stderr}`.trim() };
}
