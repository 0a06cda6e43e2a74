import { expect, it } from 'vitest';
import { served } from '../../src/doctor/served.ts';

/** One ready replica that serves on this port; `called` has each port on which the doctor called it. */
async function portsCalled(ports: readonly object[]): Promise<readonly number[]> {
  const called: number[] = [];
  const pod = {
    metadata: { name: 'sallyport-1' },
    spec: { containers: [{ name: 'sallyport', ports }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const client = {
    namespace: 'sallyport-system',
    list: () => Promise.resolve([pod]),
    handshake: (_pod: string, port: number) => {
      called.push(port);
      return Promise.resolve(undefined);
    },
  } as unknown as Parameters<typeof served>[0];
  const caBundle = Buffer.from('a bundle').toString('base64');
  const entries = { installed: [{ clientConfig: { caBundle } }], failOpen: new Set<string>(), checks: [] };
  expect(await served(client, entries)).toMatchObject([{ name: 'certificate' }]);
  return called;
}

it('calls a replica on the port that its pod names, as webhook.port chose it', async () => {
  expect(await portsCalled([{ name: 'https', containerPort: 10_260 }])).toEqual([10_260]);
});

it('calls a replica on 8443 if its pod names no port', async () => {
  expect(await portsCalled([])).toEqual([8443]);
});
