import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { testNamespace } from '../cluster/objects.ts';
import { sallyportManifest, system, webhooksAnswer } from '../cluster/sallyport.ts';
import { refusesNobody, streamNamespace } from './stream.ts';
import { patience, printsOf, trusted, untilTrusted } from './trusted.ts';

/** The Secret as cert-manager lays it down and exchanges it: certificate, key and CA at once, with no word to anybody. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('brought');
const host = `sallyport.${system}.svc`;

async function layDown(issuer: string): Promise<string> {
  const authority = await createAuthority(issuer);
  const leaf = await authority.issue({ commonName: host, names: [host], usage: 'server' });
  const annotations = {
    'cert-manager.io/certificate-name': 'sallyport',
    'cert-manager.io/issuer-name': issuer,
    'cert-manager.io/alt-names': host,
  };
  await kubectl.run(
    ['apply', '--server-side', '--force-conflicts', '--field-manager=cert-manager', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: system, name: 'sallyport-webhook', annotations },
      type: 'kubernetes.io/tls',
      data: Object.fromEntries(
        Object.entries({
          'tls.crt': leaf.certificate,
          'tls.key': leaf.key,
          'ca.crt': authority.certificate,
        }).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
    }),
  );
  const [print = ''] = printsOf(authority.certificate);
  return print;
}

const untilAlone = (isIt: (print: string) => boolean) =>
  untilTrusted(
    kubectl,
    'one CA to be trusted alone',
    ([first = '', ...others]) => others.length === 0 && isIt(first),
  );

async function whoKeeps(authority: string): Promise<void> {
  const containers = [
    { name: 'certificates', args: ['certificates', '--in-cluster', `--authority=${authority}`] },
  ];
  const patch = JSON.stringify({ spec: { template: { spec: { containers } } } });
  await kubectl.run(['patch', 'deployment', '-n', system, 'sallyport-certificates', '-p', patch]);
  await kubectl.run([
    'rollout',
    'status',
    '-n',
    system,
    'deployment/sallyport-certificates',
    '--timeout=120s',
  ]);
}

beforeAll(async () => {
  await streamNamespace(kubectl, ns);
});
afterAll(() => kubectl.run(['apply', '-f', sallyportManifest]));

describe('certificates that cert-manager keeps', () => {
  it(
    'take the place of our own, are exchanged and given back, and nobody is refused in any of it',
    async () => {
      const own = await trusted(kubectl);
      await refusesNobody(cluster, ns, async () => {
        await whoKeeps('secret');
        const first = await layDown('first-issuer');
        await untilAlone((print) => print === first);
        const next = await layDown('next-issuer');
        await untilTrusted(kubectl, 'both CAs to be trusted', (cas) => cas.length === 2);
        await untilAlone((print) => print === next);
        await whoKeeps('own');
        await untilAlone((print) => print !== next && !own.includes(print));
      });
      await webhooksAnswer(kubectl);
    },
    4 * patience * 1000,
  );
});
