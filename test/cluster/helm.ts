import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { cacheFolder, repository } from './cache.ts';
import type { ClusterAddress } from './kubectl.ts';
import { run } from './processes.ts';

/** The one place that says which Helm renders the chart. */
const version = 'v3.22.0';

/** Helm itself, built from its own Go module on first use, as Kubernetes is. */
export async function helmBinary(say: (line: string) => void): Promise<string> {
  const folder = path.join(cacheFolder, `helm-${version}`);
  const binary = path.join(folder, 'helm');
  if (existsSync(binary)) return binary;
  say(`building Helm ${version} from source; this takes some minutes, once`);
  await mkdir(folder, { recursive: true });
  // Go writes the binary when it is finished and not before.
  await run('go', ['install', '-trimpath', '-ldflags', '-s -w', `helm.sh/helm/v3/cmd/helm@${version}`], {
    cwd: folder,
    env: { GOBIN: folder, CGO_ENABLED: '0' },
  });
  return binary;
}

export const chart = path.join(repository, 'manifests/chart');

/** A chart to render, under which name and for which namespace. */
export interface Release {
  readonly release: string;
  readonly chart: string;
  readonly namespace: string;
}

/** A chart as text, as the oldest Kubernetes gets it. */
export const renderedChart = (
  helm: string,
  { release, chart: folder, namespace }: Release,
  more: readonly string[],
): Promise<string> =>
  run(helm, [
    'template',
    release,
    folder,
    `--namespace=${namespace}`,
    '--kube-version=1.30.0',
    '--skip-tests',
    ...more,
  ]);

/** Ours, in the namespace that everything of the documentation speaks of. */
export const rendered = (helm: string, ...more: readonly string[]): Promise<string> =>
  renderedChart(helm, { release: 'sallyport', chart, namespace: 'sallyport-system' }, more);

/** The families of kinds that the chart covers where the cluster serves them. */
const optionalFamilies = async (): Promise<readonly string[]> =>
  Object.keys(parse(await readFile(path.join(chart, 'files/families.yaml'), 'utf8')) as object);

/** The arguments with which Helm covers every family, as in manifests/base. */
export const coveringEveryFamily = async (): Promise<readonly string[]> =>
  (await optionalFamilies()).map((name) => `--set=families.${name}=true`);

/** The same as a value. */
export const everyFamily = async (): Promise<Readonly<Record<string, boolean>>> =>
  Object.fromEntries((await optionalFamilies()).map((name) => [name, true]));

/**
 * The files below manifests that Helm makes of the chart: with its defaults what the API server calls us by, and all else;
 * and what asks cert-manager for the certificate.
 */
export async function generatedManifests(helm: string): Promise<Readonly<Record<string, string>>> {
  // A rule about a kind that the cluster does not serve costs nothing, and kubectl cannot choose.
  const families = await coveringEveryFamily();
  const documents = async (...more: string[]) =>
    (await rendered(helm, ...families, ...more)).split(/^---\n/m).filter((text) => text.trim() !== '');
  const isWebhook = (text: string) => /^kind: \w+WebhookConfiguration$/m.test(text);
  const isCertManagers = (text: string) => /^apiVersion: cert-manager\.io\//m.test(text);
  // Kubectl applies these files, so they do not say that a release of Helm manages them.
  const withoutHelm = (text: string) =>
    text.replaceAll(/^ +(?:helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gm, '');
  const file = (texts: readonly string[]) => withoutHelm(texts.map((text) => `---\n${text}`).join(''));
  const base = await documents();
  return {
    'base/webhooks.yaml': file(base.filter(isWebhook)),
    'base/sallyport.yaml': file(base.filter((text) => !isWebhook(text))),
    'cert-manager/certificate.yaml': file(
      (await documents('--set=certManager.enabled=true')).filter(isCertManagers),
    ),
  };
}

/** Helm against that cluster, as a person uses it: from the folder of the repository, or of a release. */
export function helmIn(
  { inside, kubeconfig }: ClusterAddress,
  helm: string,
  args: readonly string[],
  folder = repository,
): Promise<string> {
  const [program, ...first] = [...inside, helm];
  return run(program, [...first, ...args], { cwd: folder, env: { KUBECONFIG: kubeconfig } });
}
