import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { repository } from '../cluster/cache.ts';
import { commandsIn, runCommands } from '../cluster/documented.ts';
import { helmBinary } from '../cluster/helm.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { secret, testNamespace } from '../cluster/objects.ts';
import { until } from '../cluster/processes.ts';
import { system, webhooksAnswer } from '../cluster/sallyport.ts';
import { installedAsBefore, takenAway } from './installed.ts';
import { refusesNobody, streamNamespace } from './stream.ts';
import { patience, printsOf, untilServed, untilTrusted } from './trusted.ts';

/** Files that somebody else keeps, mounted as docs/certificates.md has it, and exchanged while everybody goes on working. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('certificate-files');
const say = (line: string) => console.log(line);
const long = 900_000;
let helm = '';
let folder = '';

const host = `sallyport.${system}.svc`;

/** What a CA that nobody knew until now lays down. */
async function issued(name: string) {
  const ca = await createAuthority(name);
  const leaf = await ca.issue({ commonName: host, names: [host], usage: 'server' });
  return { pair: { 'tls.crt': leaf.certificate, 'tls.key': leaf.key }, ca: { 'ca.crt': ca.certificate } };
}
type Files = Readonly<Record<string, string>>;

const exchange = (files: Files) =>
  kubectl.run([
    'patch',
    'secret',
    '-n',
    system,
    'ours',
    '--type=merge',
    '-p',
    JSON.stringify({ stringData: files }),
  ]);
const untilOnly = (ca: Files) =>
  untilTrusted(
    kubectl,
    'that CA to be trusted alone',
    (cas) => cas.join() === printsOf(ca['ca.crt'] ?? '').join(),
  );
const untilInUse = (pair: Files) => untilServed(cluster, () => Promise.resolve(pair['tls.crt'] ?? ''));

/** The kubelet brings a changed Secret to running pods in its own time. */
async function everyPodHas(files: Files): Promise<void> {
  const [[file, text] = ['', '']] = Object.entries(files);
  const isAuthority = file === 'ca.crt';
  const name = isAuthority ? 'sallyport-certificates' : 'sallyport';
  const at = `/etc/sallyport/${isAuthority ? 'authority' : 'served'}/${file}`;
  const label = `app.kubernetes.io/name=${name}`;
  const pods = await kubectl.run(['get', 'pods', '-n', system, '-l', label, '-o', 'name']);
  for (const pod of pods.trim().split('\n'))
    await until(`${pod} to have the new ${file}`, patience, async () => {
      const container = isAuthority ? 'certificates' : 'sallyport';
      const read = `require('fs').readFileSync('${at}', 'utf8')`;
      const held = await kubectl.exec(system, pod, container, 'node', '-p', read);
      return held.trim() === text.trim() ? true : undefined;
    });
}

beforeAll(async () => {
  helm = await helmBinary(say);
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-files-'));
  const page = await readFile(path.join(repository, 'docs/certificates.md'), 'utf8');
  const [, values = ''] = /```yaml\n(certificateFiles:[^`]*)```/.exec(page) ?? [];
  await writeFile(path.join(folder, 'values.yaml'), values);
  await streamNamespace(kubectl, ns);
  await takenAway(kubectl);
}, long);

afterAll(async () => {
  await rm(folder, { recursive: true });
  await installedAsBefore(cluster, say);
}, long);

describe('certificates that stand in files', () => {
  it(
    'are served and their CA is trusted, in an installation that begins with them',
    async () => {
      const { pair, ca } = await issued('first');
      await kubectl.apply(secret(system, 'ours', { ...pair, ...ca }));
      const [install] = commandsIn('install.md', 'With Helm');
      const withFiles = install?.map((line) =>
        line
          .replaceAll(' --set images.registry=registry.example.com', '')
          .replace('--set config.modes.ceiling=warn', `-f ${folder}/values.yaml`),
      );
      await runCommands(cluster, helm, withFiles);
      await webhooksAnswer(kubectl);
      await untilOnly(ca);
      await untilInUse(pair);
      const args = await kubectl.run([
        'get',
        'deployments',
        '-n',
        system,
        '-o',
        'jsonpath={.items[*].spec.template.spec.containers[*].args}',
      ]);
      expect(args).toContain('--authority=file');
    },
    long,
  );

  it.each([
    ['together', ({ pair, ca }: { pair: Files; ca: Files }) => [{ ...pair, ...ca }]],
    ['the CA first', ({ pair, ca }: { pair: Files; ca: Files }) => [ca, pair]],
    ['the certificate first', ({ pair, ca }: { pair: Files; ca: Files }) => [pair, ca]],
  ])(
    'are exchanged, %s, and nobody is refused',
    async (order, steps) => {
      const next = await issued(order);
      await refusesNobody(cluster, ns, async () => {
        for (const files of steps(next)) {
          await exchange(files);
          // Into every pod: the kubelet brings a changed Secret within its interval and that of its cache.
          await everyPodHas(files);
        }
        await untilInUse(next.pair);
        await untilOnly(next.ca);
      });
    },
    long,
  );
});
