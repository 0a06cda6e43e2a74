import { describe, expect, it } from 'vitest';
import { served } from '../../src/doctor/served.ts';

type Handshake = Parameters<typeof served>[0]['handshake'];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const pod = (name: string, ready = 'True', ports: readonly object[] = []) => ({
  metadata: { name },
  spec: { containers: [{ name: 'sallyport', ports }] },
  status: {
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: ready },
    ],
  },
});

/** What the doctor says of these replicas, and each handshake that it made, as `POD:PORT BUNDLE`. */
async function examined(
  pods: readonly object[] | undefined,
  handshake: (pod: string, bundle: string) => ReturnType<Handshake> = () => Promise.resolve(undefined),
  bundles: readonly string[] = ['a bundle'],
) {
  const called: string[] = [];
  const client = {
    namespace: 'sallyport-system',
    list: () => (pods ? Promise.resolve(pods) : Promise.reject(new Error('forbidden'))),
    handshake: (name: string, port: number, _host: string, bundle: string) => {
      called.push(`${name}:${port} ${bundle}`);
      return handshake(name, bundle);
    },
  } as unknown as Parameters<typeof served>[0];
  const installed = bundles.map((bundle) => ({ clientConfig: { caBundle: base64(bundle) } }));
  const checks = await served(client, { installed, failOpen: new Set<string>(), checks: [] });
  return {
    called,
    checks: checks.map(({ state, text, fix }) => [state, text, ...(fix === undefined ? [] : [fix])]),
  };
}

describe('the port of a replica', () => {
  it('is the one that its pod names, as webhook.port chose it', async () => {
    const { called } = await examined([pod('a', 'True', [{ name: 'https', containerPort: 10_260 }])]);
    expect(called).toEqual(['a:10260 a bundle']);
  });

  it('is 8443 if its pod names no port', async () => {
    expect((await examined([pod('a')])).called).toEqual(['a:8443 a bundle']);
  });
});

describe('the certificates of the replicas', () => {
  it('are verified on each ready replica, with each bundle that an entry has', async () => {
    const { called, checks } = await examined([pod('a'), pod('b'), pod('starting', 'False')], undefined, [
      'first',
      'second',
      'first',
      '',
    ]);
    expect(called).toEqual(['a:8443 first', 'a:8443 second', 'b:8443 first', 'b:8443 second']);
    expect(checks).toEqual([['good', 'verified for sallyport.sallyport-system.svc, of 2 replicas']]);
  });

  it('that one bundle does not verify are named, with the reason and the command', async () => {
    const { checks } = await examined(
      [pod('a'), pod('b')],
      (name, bundle) => Promise.resolve(name === 'b' && bundle === 'second' ? 'CERT_HAS_EXPIRED' : undefined),
      ['first', 'second'],
    );
    expect(checks).toEqual([
      [
        'bad',
        'b serves a certificate that the CA bundle does not verify: CERT_HAS_EXPIRED',
        'restart it: kubectl -n sallyport-system delete pod b',
      ],
    ]);
  });

  it.each<[string, readonly object[] | undefined, string]>([
    ['pods may not be listed', undefined, 'you may not list the replicas'],
    ['no replica is ready', [pod('starting', 'False')], 'no replica is ready'],
    ['a replica cannot be called', [pod('a')], 'a could not be called through the API server'],
  ])('are not known when %s', async (_, pods, text) => {
    const { checks } = await examined(pods, () => Promise.reject(new Error('no handshake')));
    expect(checks).toEqual([['unknown', text]]);
  });

  it('are not examined while no entry has a bundle, which another check reports', async () => {
    expect(await examined([pod('a')], undefined, [''])).toEqual({ called: [], checks: [] });
  });
});
