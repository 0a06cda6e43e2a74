import { describe, expect, it } from 'vitest';
import { checkPod } from '../../../src/core/inject/final-check.ts';
import type { Fields } from '../../../src/core/k8s/objects.ts';
import { configurationWith } from '../../support/webhook.ts';
import { injectInto, planned, podWith, refusals, secret, serverConfigMap, stored } from './world.ts';

/** A header that is a token of the pod's ServiceAccount. */

const origin = 'https://search.example.com';
const allowed = {
  credentials: {
    serviceAccountTokens: [{ audience: origin, namespaces: ['team-*'], origins: [origin] }],
  },
};
const server = (token: object = {}, rest: object = {}) =>
  serverConfigMap('search', {
    url: `${origin}/mcp`,
    headers: [
      {
        name: 'Authorization',
        serviceAccountToken: { audience: origin, ...token },
        template: 'Bearer {value}',
      },
    ],
    ...rest,
  });
const asked = { servers: 'configmap/search' };

type Json = Record<string, unknown>;
interface Spec {
  readonly initContainers: readonly (Json & { readonly volumeMounts?: readonly Json[] })[];
  readonly containers: readonly (Json & { readonly volumeMounts?: readonly Json[] })[];
  readonly volumes: readonly (Json & { readonly projected?: { readonly sources: readonly Json[] } })[];
}
const specOf = (pod: Fields) => pod['spec'] as Spec;
const tokenVolumes = (pod: Fields) =>
  specOf(pod).volumes.filter(({ projected }) =>
    projected?.sources.some((source) => 'serviceAccountToken' in source),
  );

describe('a token of the service account', () => {
  it('is projected for the proxy with its audience and lifetime, and mounted in no other container', async () => {
    const pod = await stored(
      podWith(asked, {
        containers: [{ name: 'app' }, { name: 'worker' }],
        initContainers: [{ name: 'first' }],
      }),
      [server({ expirationSeconds: 900 })],
      allowed,
    );
    const [volume, ...more] = tokenVolumes(pod);
    expect(more).toEqual([]);
    expect(volume?.projected?.sources).toEqual([
      { serviceAccountToken: { audience: origin, expirationSeconds: 900, path: '+/h0' } },
    ]);
    const { initContainers, containers } = specOf(pod);
    const mounting = [...initContainers, ...containers]
      .filter(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === volume?.['name']))
      .map(({ name }) => name);
    expect(mounting).toEqual(['sallyport-proxy']);
  });

  it('lives for an hour if the ConfigMap does not say how long', async () => {
    const pod = await stored(podWith(asked), [server()], allowed);
    expect(tokenVolumes(pod)[0]?.projected?.sources).toMatchObject([
      { serviceAccountToken: { expirationSeconds: 3600 } },
    ]);
  });

  it('is in the volume of its server beside the keys of Secrets', async () => {
    const both = server(
      {},
      {
        headers: [
          { name: 'X-Key', secretKeyRef: { name: 'keys', key: 'search' } },
          { name: 'Authorization', serviceAccountToken: { audience: origin } },
        ],
      },
    );
    const pod = await stored(podWith(asked), [both, secret('keys', 'search')], allowed);
    expect(tokenVolumes(pod)[0]?.projected?.sources).toEqual([
      { secret: { name: 'keys', items: [{ key: 'search', path: '+/h0' }], optional: true } },
      { serviceAccountToken: { audience: origin, expirationSeconds: 3600, path: '+/h1' } },
    ]);
  });

  it('changes nothing of the service account and the mounts that the pod has', async () => {
    const own = {
      serviceAccountName: 'agent',
      automountServiceAccountToken: false,
      volumes: [
        { name: 'own', projected: { sources: [{ serviceAccountToken: { audience: 'x', path: 'token' } }] } },
      ],
      containers: [{ name: 'app', volumeMounts: [{ name: 'own', mountPath: '/own' }] }],
    };
    const pod = await stored(podWith(asked, own), [server()], allowed);
    expect(pod['spec']).toMatchObject({ serviceAccountName: 'agent', automountServiceAccountToken: false });
    expect(specOf(pod).volumes).toContainEqual(own.volumes[0]);
    expect(specOf(pod).containers[0]?.volumeMounts).toContainEqual(own.containers[0]?.volumeMounts[0]);
  });

  it('passes the final check, and a second review changes nothing', async () => {
    const pod = await stored(podWith(asked), [server()], allowed);
    expect(checkPod(pod, configurationWith(allowed).inject)).toEqual([]);
    expect(planned(await injectInto(pod, [server()], allowed)).edits).toEqual([]);
  });

  it.each([
    ['another audience', { audience: 'https://kubernetes.default.svc' }],
    ['no audience', { audience: undefined }],
    ['another lifetime', { expirationSeconds: 86_400 }],
    ['another file', { path: '+/h1' }],
  ])('is refused by the final check with %s than the configuration of the proxy names', async (_, change) => {
    const pod = structuredClone(await stored(podWith(asked), [server()], allowed));
    const [volume] = tokenVolumes(pod);
    Object.assign(volume?.projected?.sources[0]?.['serviceAccountToken'] as Json, change);
    const found = checkPod(JSON.parse(JSON.stringify(pod)) as Fields, configurationWith(allowed).inject);
    expect(found.map(({ code, what }) => `${code} ${what}`)).toEqual([
      expect.stringMatching(/^MCP501 volume sallyport-search-\w+ differs from what Sallyport generates in /),
    ]);
  });
});

describe('a pod is refused', () => {
  it.each([
    ['without a configuration', server(), {}, 'MCP215'],
    [
      'in a namespace that the configuration does not list',
      server(),
      {
        credentials: {
          serviceAccountTokens: [{ audience: origin, namespaces: ['other'], origins: [origin] }],
        },
      },
      'MCP215',
    ],
    ['for another origin', server({}, { url: 'https://other.example.com/mcp' }), allowed, 'MCP215'],
    ['for a lifetime below that of Kubernetes', server({ expirationSeconds: 60 }), allowed, 'MCP213'],
    ['without an audience', server({ audience: null }), allowed, 'MCP001'],
    [
      'for a token for the API server',
      server({ audience: 'https://kubernetes.default.svc' }),
      {
        credentials: { serviceAccountTokens: [{ audience: '*', namespaces: ['*'], origins: [origin] }] },
      },
      'MCP214',
    ],
  ])('%s', async (_, object, settings, code) => {
    const injection = await injectInto(podWith(asked), [object], settings);
    expect(refusals(injection)).toEqual([expect.stringContaining(`configmap/search has ${code} at `)]);
  });

  it('whose HTTP proxy would receive the token in plain text', async () => {
    const plain = 'http://search.example.com';
    const settings = {
      credentials: { serviceAccountTokens: [{ audience: origin, namespaces: ['*'], origins: [plain] }] },
    };
    const env = [{ name: 'HTTP_PROXY', value: 'http://proxy.example.com:3128' }];
    const pod = podWith(asked, { containers: [{ name: 'app', env }] });
    const injection = await injectInto(pod, [server({}, { url: `${plain}/mcp` })], settings);
    expect(refusals(injection)).toEqual([
      expect.stringMatching(/^MCP512: server search has an http:\/\/ URL/),
    ]);
  });
});
