import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { commandsIn, runCommands } from '../cluster/documented.ts';
import { helmBinary } from '../cluster/helm.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { testNamespace } from '../cluster/objects.ts';
import { until } from '../cluster/processes.ts';
import { base, system, webhookConfigurations, webhooksAnswer } from '../cluster/sallyport.ts';
import { installCertManager } from './cert-manager.ts';
import { installedAsBefore } from './installed.ts';
import { refusesNobody, streamNamespace } from './stream.ts';
import { patience, printsOf, untilServed, untilTrusted, type Cas } from './trusted.ts';

/** cert-manager itself keeps the certificate, as docs/certificates.md has it, while everybody goes on working. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('with-cert-manager');
const say = (line: string) => console.log(line);
const long = 4 * patience * 1000;
let helm = '';

const [install] = commandsIn('install.md', 'With Helm');
const [begin, goBack] = commandsIn('certificates.md', 'cert-manager');
const runAll = (lines: readonly string[] | undefined) => runCommands(cluster, helm, lines);

async function inSecret(name: string, key: string): Promise<string> {
  const { data } = await kubectl.get<{ readonly data: Readonly<Record<string, string>> }>(
    system,
    `secret/${name}`,
  );
  return Buffer.from(data[key] ?? '', 'base64').toString();
}
const authority = async () => printsOf(await inSecret('sallyport-webhook', 'ca.crt'));
const untilOnly = (ca: () => Promise<Cas>) =>
  untilTrusted(kubectl, 'that CA to be trusted alone', async (cas) => cas.join() === (await ca()).join());
const laidDown = () => inSecret('sallyport-webhook', 'tls.crt');
/** Of whatever the Secret holds now. */
const allServeIt = () => untilServed(cluster, laidDown);

interface Certificate {
  readonly status: { readonly revision: number; readonly conditions: readonly { readonly type: string }[] };
}
const certificate = (name: string) => kubectl.get<Certificate>(system, `certificate/${name}`);

/** As `cmctl renew` does it: says in the status that it is to be issued. */
async function renew(name: string): Promise<void> {
  const { status } = await certificate(name);
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'Certificate re-issuance manually triggered',
    lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
  };
  const others = status.conditions.filter(({ type }) => type !== issuing.type);
  const patch = JSON.stringify({ status: { conditions: [...others, issuing] } });
  const what = ['-n', system, 'certificate', name];
  await kubectl.run(['patch', ...what, '--subresource=status', '--type=merge', '-p', patch]);
  await untilRevision(name, status.revision + 1);
}
const untilRevision = (name: string, revision: number) =>
  until(`revision ${revision} of ${name}`, patience, async () =>
    (await certificate(name)).status.revision >= revision ? true : undefined,
  );

/** Whoever wrote into the webhook configurations, ever. */
async function writers(): Promise<readonly string[]> {
  const text = await kubectl.run([
    'get',
    webhookConfigurations,
    '-l',
    'app.kubernetes.io/name=sallyport',
    '--show-managed-fields',
    '-o',
    'jsonpath={.items[*].metadata.managedFields[*].manager}',
  ]);
  return [...new Set(text.split(' '))].toSorted();
}

beforeAll(async () => {
  helm = await helmBinary(say);
  await kubectl.run(['delete', '-k', base]);
  await installCertManager(kubectl, helm);
  await streamNamespace(kubectl, ns);
}, long);

afterAll(() => installedAsBefore(cluster, say), long);

describe('with cert-manager', () => {
  it(
    'an installation that begins with it comes up, and its CA is the one that is trusted',
    async () => {
      const withIt = install?.map((line) =>
        line
          .replaceAll(' --set images.registry=registry.example.com', '')
          .replace('config.modes.ceiling=warn', 'certManager.enabled=true'),
      );
      await runAll(withIt);
      await webhooksAnswer(kubectl);
      await untilOnly(authority);
      await allServeIt();
    },
    long,
  );

  it(
    'another certificate, asked for with cmctl renew, is served, and nobody is refused',
    () =>
      refusesNobody(cluster, ns, async () => {
        const before = await laidDown();
        await renew('sallyport');
        expect(await laidDown()).not.toBe(before);
        await allServeIt();
      }),
    long,
  );

  it(
    'certificates that last for an hour and are renewed each minute are served one after the other',
    () =>
      refusesNobody(cluster, ns, async () => {
        const { status } = await certificate('sallyport');
        await lives('1h', '59m');
        for (const next of [1, 2, 3, 4]) {
          await untilRevision('sallyport', status.revision + next);
          await allServeIt();
        }
      }),
    long,
  );

  it(
    'another CA signs, the one before is trusted until nobody serves under it, and nobody is refused',
    () =>
      refusesNobody(cluster, ns, async () => {
        const before = await authority();
        await renew('sallyport-authority');
        await renew('sallyport');
        expect(await authority()).not.toEqual(before);
        await untilTrusted(kubectl, 'both CAs to be trusted', (cas) => cas.length === 2);
        await untilOnly(authority);
        await allServeIt();
      }),
    long,
  );

  it(
    'back to our own and to cert-manager again nobody is refused either',
    () =>
      refusesNobody(cluster, ns, async () => {
        const its = await authority();
        await runAll(goBack);
        await untilTrusted(
          kubectl,
          'our own CA to be trusted alone',
          (cas) => cas.length === 1 && cas[0] !== its[0],
        );
        await runAll(begin);
        await until('cert-manager to lay down its Secret', patience, async () =>
          (await authority()).join() === (await inSecretOfIssuer()).join() ? true : undefined,
        );
        await untilOnly(authority);
        await allServeIt();
      }),
    long,
  );

  it('and in all of it cert-manager wrote nothing into the webhook configurations', async () => {
    expect(await writers()).toEqual(['helm', 'sallyport-certificates']);
  });
});

const inSecretOfIssuer = async () => printsOf(await inSecret('sallyport-issuer', 'tls.crt'));

async function lives(duration: string, renewBefore: string): Promise<void> {
  const patch = JSON.stringify({ spec: { duration, renewBefore } });
  await kubectl.run(['patch', '-n', system, 'certificate', 'sallyport', '--type=merge', '-p', patch]);
}
