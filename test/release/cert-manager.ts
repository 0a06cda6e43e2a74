import path from 'node:path';
import { ownBinary } from '../cluster/build.ts';
import { repository } from '../cluster/cache.ts';
import { renderedChart } from '../cluster/helm.ts';
import { programContext, type MoreImage } from '../cluster/images.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { namespace, testNamespace } from '../cluster/objects.ts';
import { run } from '../cluster/processes.ts';

/** cert-manager itself: its controllers and its chart, of the version that the Go module beside this names. */

const programs = ['controller', 'cainjector'] as const;
const imageOf = (program: string) => `cert-manager-${program}`;
const where = testNamespace('cert-manager');
/** The one place that says which version it is. */
const sources = 'test/cluster/cert-manager';
const module = 'github.com/cert-manager/cert-manager';

/** Both programs are one binary, built on first use. */
export async function certManagerImages(say: (line: string) => void): Promise<readonly MoreImage[]> {
  const binary = await ownBinary({ folder: sources, of: module, say });
  return programs.map((program) => ({
    name: `docker.io/library/${imageOf(program)}:test`,
    context: (folder) => programContext(path.join(folder, imageOf(program)), binary, [program]),
  }));
}

/** Its own chart: definitions, rights and Deployments. Not its webhook, which would say of a Certificate what is wrong. */
export async function installCertManager(kubectl: Kubectl, helm: string): Promise<void> {
  const cwd = path.join(repository, sources);
  const folder = await run('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd });
  const images = programs.flatMap((program) => {
    const at = program === 'controller' ? '' : `${program}.`;
    return ['repository', 'tag'].map(
      (part) => `--set=${at}image.${part}=${part === 'tag' ? 'test' : imageOf(program)}`,
    );
  });
  const chart = path.join(folder.trim(), 'deploy/charts/cert-manager');
  const text = await renderedChart(helm, { release: 'cert-manager', chart, namespace: where }, [
    '--set=crds.enabled=true',
    // Nothing of ours to probe: the binary has cert-manager's controllers and not its server for them.
    '--set=livenessProbe.enabled=false',
    '--set=startupapicheck.enabled=false',
    ...images,
  ]);
  const documents = text.split(/^---\n/m).filter((one) => !one.includes('component: "webhook"'));
  await kubectl.apply(namespace(where));
  await kubectl.run(['apply', '--server-side', '-f', '-'], documents.join('---\n'));
  for (const name of ['cert-manager', 'cert-manager-cainjector'])
    await kubectl.wait(where, `deployment/${name}`, 'condition=Available', 120);
}
