import { fieldsAt, isFields, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';

/** What the API server would say about a pod, as far as an injector can get it wrong. Our own reading of its rules. */

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const envName = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const portName = /^(?!.*--)(?=.*[a-z])[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const qualifiedKey =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const maxAnnotationBytes = 256 * 1024;

/**
 * Every rule a pod breaks, with the place; none for a pod the API server would take. `claims` are volumes that a
 * template's pods get beside its own.
 */
export function podProblems(pod: Fields, claims: readonly string[] = []): string[] {
  const spec = fieldsAt(pod, 'spec');
  const volumes = listAt(spec, 'volumes').map((volume) => textAt(volume, 'name'));
  const init = listAt(spec, 'initContainers').map((fields, i) => ({
    fields,
    at: `spec.initContainers[${i}]`,
  }));
  const main = listAt(spec, 'containers').map((fields, i) => ({ fields, at: `spec.containers[${i}]` }));
  return [
    ...metadataProblems(fieldsAt(pod, 'metadata')),
    ...names('spec.volumes', volumes),
    ...names(
      'containers',
      [...init, ...main].map(({ fields }) => textAt(fields, 'name')),
    ),
    ...(main.length === 0 ? ['spec.containers is empty'] : []),
    ...listAt(spec, 'volumes').flatMap((volume, i) => volumeProblems(volume, `spec.volumes[${i}]`)),
    ...init.flatMap(({ fields, at }) => restartProblems(fields, at)),
    ...main
      .filter(({ fields }) => 'restartPolicy' in fields)
      .map(({ at }) => `${at}.restartPolicy is for init containers`),
    ...[...init, ...main].flatMap(({ fields, at }) => containerProblems(fields, at, [...volumes, ...claims])),
  ];
}

function names(at: string, found: readonly string[]): string[] {
  const bad = found.filter((name) => name.length > 63 || !dnsLabel.test(name));
  return [
    ...bad.map((name) => `${at}: ${JSON.stringify(name)} is not a DNS label`),
    ...repeated(found).map((name) => `${at}: ${name} stands twice`),
  ];
}

const repeated = (found: readonly string[]): string[] =>
  found.filter((name, i) => name !== '' && found.indexOf(name) !== i);

function metadataProblems(metadata: Fields): string[] {
  const annotations = Object.entries(fieldsAt(metadata, 'annotations'));
  const labels = Object.entries(fieldsAt(metadata, 'labels'));
  const size = annotations.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + String(value)), 0);
  return [
    ...(size > maxAnnotationBytes ? [`metadata.annotations are ${size} bytes`] : []),
    ...[...annotations, ...labels]
      .filter(([key, value]) => !qualifiedKey.test(key) || typeof value !== 'string')
      .map(([key]) => `metadata: ${JSON.stringify(key)} is not a key with a text`),
    ...labels
      .filter(([, value]) => !labelValue.test(String(value)))
      .map(([key]) => `metadata.labels[${key}] is not a label's value`),
  ];
}

function volumeProblems(volume: Fields, at: string): string[] {
  const types = Object.keys(volume).filter((key) => key !== 'name');
  const sources = [volume, ...listAt(fieldsAt(volume, 'projected'), 'sources')];
  const files = sources.flatMap((source) =>
    ['secret', 'configMap', 'downwardAPI'].flatMap((type) =>
      listAt(fieldsAt(source, type), 'items').map((item) => textAt(item, 'path')),
    ),
  );
  const outside = (file: string) => file === '' || file.startsWith('/') || file.split('/').includes('..');
  return [
    ...(types.length === 1 ? [] : [`${at} has ${types.length} types`]),
    ...files.filter(outside).map((file) => `${at}: path ${JSON.stringify(file)} leaves the volume`),
    ...repeated(files).map((file) => `${at}: path ${file} stands twice`),
  ];
}

/** An init container's restartPolicy may only be Always; only such a one may have probes. */
function restartProblems(container: Fields, at: string): string[] {
  const policy = container['restartPolicy'];
  if (policy === undefined)
    return ['startupProbe', 'livenessProbe', 'readinessProbe', 'lifecycle']
      .filter((field) => field in container)
      .map((field) => `${at}.${field} is for containers that keep running`);
  return policy === 'Always' ? [] : [`${at}.restartPolicy is ${JSON.stringify(policy)}`];
}

function containerProblems(container: Fields, at: string, volumes: readonly string[]): string[] {
  const mounts = listAt(container, 'volumeMounts');
  const paths = mounts.map((mount) => textAt(mount, 'mountPath'));
  const ports = listAt(container, 'ports');
  const validPort = (port: unknown) => Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65535;
  const portNames = ports.map((port) => textAt(port, 'name')).filter((name) => name !== '');
  const numbers = ports.map(
    (port) => `${String(port['containerPort'])}/${textAt(port, 'protocol') || 'TCP'}`,
  );
  return [
    ...(textAt(container, 'image') === '' ? [`${at}.image is missing`] : []),
    ...listAt(container, 'env').flatMap((entry, i) => envProblems(entry, `${at}.env[${i}]`)),
    ...mounts
      .filter((mount) => !volumes.includes(textAt(mount, 'name')))
      .map((mount) => `${at} mounts ${textAt(mount, 'name')}, which is no volume`),
    ...paths
      .filter((path) => !path.startsWith('/') || path.includes(':'))
      .map((path) => `${at} mounts at ${JSON.stringify(path)}`),
    ...repeated(paths).map((path) => `${at} mounts twice at ${path}`),
    ...ports
      .filter((port) => !validPort(port['containerPort']))
      .map((port) => `${at}: port ${String(port['containerPort'])}`),
    ...portNames
      .filter((name) => name.length > 15 || !portName.test(name))
      .map((name) => `${at}: port name ${JSON.stringify(name)}`),
    ...repeated(portNames).map((name) => `${at}: port name ${name} stands twice`),
    ...repeated(numbers).map((number) => `${at}: port ${number} stands twice`),
  ];
}

function envProblems(entry: Fields, at: string): string[] {
  const name = textAt(entry, 'name');
  const value = entry['value'];
  return [
    ...(envName.test(name) ? [] : [`${at}: ${JSON.stringify(name)} is not a variable's name`]),
    ...(value === undefined || typeof value === 'string' ? [] : [`${at}.value is not a text`]),
    ...(typeof value === 'string' && value !== '' && isFields(entry['valueFrom'])
      ? [`${at} has value and valueFrom`]
      : []),
  ];
}
