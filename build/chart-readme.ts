import { parse } from 'yaml';
import { chartValues } from './chart-values.ts';
import { markdownTable } from './marked-parts.ts';

interface ChartFile {
  readonly version: string;
  readonly appVersion: string;
  readonly kubeVersion: string;
  readonly description: string;
}

/** In a table a line break or a bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The chart's README: how to install it, and every value of `values.yaml` with its default. */
export function chartReadme(chart: string, values: string): string {
  const { version, appVersion, kubeVersion, description } = parse(chart) as ChartFile;
  const rows = chartValues(values)
    .filter((one) => 'value' in one)
    .map(({ path, value, description: meaning }) => [
      `\`${path}\``,
      `\`${cell(JSON.stringify(value))}\``,
      cell(meaning),
    ]);
  return `# Sallyport

${description}. Chart ${version}, Sallyport ${appVersion}, Kubernetes ${kubeVersion.replace(/-0$/, '')}.

\`npm run generate\` writes this page from \`Chart.yaml\` and \`values.yaml\`.

## Install

Build the two images and push them to your registry ([docs/images.md](../../docs/images.md)). Then install a release that only
warns:

\`\`\`sh
helm install sallyport manifests/chart --namespace sallyport-system --create-namespace \\
  --set images.registry=registry.example.com \\
  --set config.modes.ceiling=warn --wait
kubectl label namespace sallyport-system pod-security.kubernetes.io/enforce=restricted
helm test sallyport --namespace sallyport-system
\`\`\`

A cluster has one installation, and the names of its objects are fixed. [docs/install.md](../../docs/install.md) describes a
rollout, [docs/operations.md](../../docs/operations.md) an emergency shutdown and the uninstallation, and
[docs/rollouts.md](../../docs/rollouts.md) an upgrade.

## Values

[\`values-production.yaml\`](values-production.yaml) has the recommended settings for a cluster that several teams share.
\`values.schema.json\` has what each value may be; Helm rejects anything else.

${markdownTable(['Value', 'Default', 'Description'], rows)}
`;
}
