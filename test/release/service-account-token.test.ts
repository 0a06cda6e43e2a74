import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { App, callOf, clusterIp, digest, type Answer } from '../cluster/app.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import {
  namespace,
  pod,
  serverConfigMap,
  testNamespace,
  upstreamPod,
  upstreamService,
} from '../cluster/objects.ts';
import { until } from '../cluster/processes.ts';
import { configured } from '../cluster/sallyport.ts';

/** A service account token with the shortest lifetime that Kubernetes permits, renewed by the kubelet. */
const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('token-renewal');
const audience = 'https://mcp.example.com';
const agent = new App(kubectl, ns, 'agent');
const lifetimeSeconds = 600;

const tokenOf = async (): Promise<string> =>
  (await agent.proxy(`fs.readFileSync(fs.globSync('/var/run/sallyport/servers/*/+/h0')[0], 'utf8')`)).trim();

beforeAll(async () => {
  await kubectl.apply(namespace(ns), upstreamService(ns), upstreamPod(ns));
  const origin = `http://${await clusterIp(kubectl, ns)}`;
  await configured(kubectl, {
    credentials: { serviceAccountTokens: [{ audience, namespaces: [ns], origins: [origin] }] },
  });
  const header = {
    name: 'Authorization',
    serviceAccountToken: { audience, expirationSeconds: lifetimeSeconds },
    template: 'Bearer {value}',
  };
  await kubectl.apply(serverConfigMap(ns, 'search', { url: `${origin}/search`, headers: [header] }));
  await kubectl.wait(ns, 'pod/upstream', 'condition=Ready');
  const calls = `while :; do { ${callOf('search')} || echo FAILED; echo; }; sleep 0.1; done`;
  await kubectl.apply(pod(ns, 'agent', { servers: 'configmap/search', command: ['sh', '-c', calls] }));
  await kubectl.wait(ns, 'pod/agent', 'condition=Ready');
}, 180_000);

afterAll(async () => {
  await kubectl.run(['delete', '-n', ns, 'pods', '--all']);
  await configured(kubectl, {});
});

it('is used as soon as it is renewed, before the old one expires, and no call fails', async () => {
  const before = await tokenOf();
  const after = await until(
    'the kubelet to renew the token',
    lifetimeSeconds,
    async () => {
      const now = await tokenOf();
      return now === before ? undefined : now;
    },
    2000,
  );
  expect(await agent.call('search')).toMatchObject({ credential: digest(`Bearer ${after}`) });
  const log = await kubectl.run(['logs', '-n', ns, 'agent', '-c', 'app']);
  const lines = log.split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
  const credentials = lines.map((line) => (JSON.parse(line) as Answer).credential);
  expect(credentials.filter((one, i) => one !== credentials[i - 1])).toEqual([
    digest(`Bearer ${before}`),
    digest(`Bearer ${after}`),
  ]);
  console.log(`${credentials.length} calls, 0 failed, with one renewal`);
  expect(await agent.restarts()).toEqual([0, 0]);
}, 660_000);
