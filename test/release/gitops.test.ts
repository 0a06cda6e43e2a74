import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ownBinary } from '../cluster/build.ts';
import { helmBinary, rendered } from '../cluster/helm.ts';
import { documents, Kubectl } from '../cluster/kubectl.ts';
import { fromSecret, secret, serverEntry, testNamespace } from '../cluster/objects.ts';
import { run } from '../cluster/processes.ts';
import { base, system, webhookConfigurations, webhooksAnswer } from '../cluster/sallyport.ts';
import { installedAsBefore, takenAway } from './installed.ts';
import { refusesNobody, streamNamespace } from './stream.ts';
import { untilTrusted } from './trusted.ts';

/** Installed and compared by the packages that Argo CD and Flux are made of: nothing may ever differ. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('gitops');
const say = (line: string) => console.log(line);
const long = 900_000;
let helm = '';
let binary = '';

/** Says what is not as the manifests have it, a line for each; nothing when all is. */
function gitops(who: string, manifests: string): Promise<string> {
  const [program, ...first] = [...cluster.inside, binary];
  const env = { KUBECONFIG: cluster.kubeconfig };
  return run(program, [...first, ...who.split(' ')], { input: manifests, env });
}

/** What the API server calls us by, which is in nobody's manifests. */
const entries = () =>
  kubectl.run([
    'get',
    webhookConfigurations,
    '-l',
    'app.kubernetes.io/name=sallyport',
    '-o',
    'jsonpath={range .items[*].webhooks[*]}{.name} {.clientConfig}{"\\n"}{end}',
  ]);

beforeAll(async () => {
  helm = await helmBinary(say);
  binary = await ownBinary({ folder: 'test/cluster/gitops', of: 'github.com/argoproj/argo-cd/v3', say });
  await streamNamespace(kubectl, ns);
}, 3_600_000);
afterAll(() => installedAsBefore(cluster, say), long);

const ofTheChart = () => rendered(helm);
const ofTheBase = () => kubectl.run(['kustomize', base]);

describe.each([
  ['Argo CD, as by default', 'argo-cd sync', 'argo-cd diff', ofTheChart],
  ['Argo CD with ServerSideApply', 'argo-cd sync-on-server', 'argo-cd diff-structured', ofTheChart],
  [
    'Argo CD with ServerSideApply and ServerSideDiff',
    'argo-cd sync-on-server',
    'argo-cd diff-on-server',
    ofTheChart,
  ],
  ['Flux', 'flux reconcile', 'flux diff', ofTheBase],
])('%s', (_, apply, diff, render) => {
  it(
    'installs it and sees no difference, whatever is written while it runs, and applying it again refuses nobody',
    async () => {
      await takenAway(kubectl);
      const manifests = await render();
      await gitops(apply, manifests);
      await kubectl.wait(system, 'deployment/sallyport', 'condition=Available', 180);
      await webhooksAnswer(kubectl);
      expect(await gitops(diff, manifests)).toBe('');

      await refusesNobody(cluster, ns, async () => {
        for (const _again of [1, 2]) {
          const before = await entries();
          expect(before.match(/"caBundle":"[^"]+".*"path":"\/[0-9a-f]{32}\//g)?.length).toBeGreaterThan(3);
          expect(await gitops(apply, manifests)).toBe('');
          expect(await entries()).toBe(before);
          expect(await gitops(diff, manifests)).toBe('');
        }
        await kubectl.run(['delete', 'secret', '-n', system, 'sallyport-authority']);
        await untilTrusted(kubectl, 'both CAs to be trusted', (cas) => cas.length === 2);
        expect(await gitops(diff, manifests)).toBe('');
        expect(await gitops(apply, manifests)).toBe('');
        await untilTrusted(kubectl, 'the new CA to be trusted alone', (cas) => cas.length === 1);
      });
      expect(await gitops(diff, manifests)).toBe('');
    },
    long,
  );

  it('sees what somebody else changed', async () => {
    const manifests = await render();
    await kubectl.run(['scale', '-n', system, 'deployment/sallyport', '--replicas=3']);
    expect(await gitops(diff, manifests)).toMatch(/sallyport.*\n[^]*replicas/);
  }, 120_000);
});

describe.each([['argo-cd sync'], ['argo-cd sync-on-server'], ['flux reconcile']])(
  'with %s, of what comes in one commit',
  (apply) => {
    const name = apply.replace(' ', '-');
    const entry = serverEntry(ns, name, fromSecret(name, 'token'));

    it('a resource may stand before its Secret: the dry run warns, and the Secret is stored first', async () => {
      const both = documents(
        [entry, secret(ns, name, { token: 'Bearer abc' })].map((one) => JSON.stringify(one)),
      );
      await gitops(apply, both);
      expect(await kubectl.get(ns, `mcpserverentry/${name}`)).toMatchObject({ metadata: { name } });
    }, 120_000);

    it('a resource without its Secret is refused, with the reason', async () => {
      const alone = serverEntry(ns, `${name}-alone`, fromSecret(`${name}-absent`, 'token'));
      await expect(gitops(apply, documents([JSON.stringify(alone)]))).rejects.toThrow('MCP201');
    }, 120_000);
  },
);
