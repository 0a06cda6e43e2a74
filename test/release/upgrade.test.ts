import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { App, clusterIp, digest } from '../cluster/app.ts';
import { commandsIn, runCommands } from '../cluster/documented.ts';
import { helmBinary } from '../cluster/helm.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import {
  fromSecret,
  pod,
  serverEntry,
  testNamespace,
  upstreamPod,
  upstreamService,
} from '../cluster/objects.ts';
import { base, system, webhooksAnswer } from '../cluster/sallyport.ts';
import { previousImage, previousRelease } from './previous.ts';
import { installedAsBefore } from './installed.ts';
import { refusesNobody, streamNamespace } from './stream.ts';
import { findingsIn } from '../support/findings.ts';

/** From the release before this one and back, as docs/rollouts.md has it, while everybody goes on working. */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('upgrade');
const say = (line: string) => console.log(line);
const long = 900_000;
const now = { server: 'sallyport:next', proxy: 'sallyport-proxy:next' };
let helm = '';
let previous = '';

const [install] = commandsIn('install.md', 'With Helm');
const [accept, upgrade, later, back] = commandsIn('rollouts.md', 'An upgrade');
/** The documented command, with the images of the previous release, whose chart has no images.registry. */
const ofPrevious = (line: string) =>
  line.replace(
    '--set images.registry=registry.example.com',
    `--set images.server=${previousImage('server')} --set images.proxy=${previousImage('proxy')}`,
  );
/** This one's images have the names the tests' own cluster knows them by. */
const named = (line: string) =>
  line
    .replaceAll('registry.example.com/sallyport:0.2.0', now.server)
    .replaceAll('registry.example.com/sallyport-proxy:0.2.0', now.proxy)
    .replace('config.modes.ceiling=warn', 'config.modes.ceiling=enforce');
const runAll = (lines: readonly string[] | undefined, folder?: string) =>
  runCommands(cluster, helm, lines?.map(named), folder);

async function images(): Promise<readonly string[]> {
  const text = await kubectl.run([
    'get',
    'pods',
    '-n',
    system,
    '-o',
    'jsonpath={.items[*].spec.containers[*].image}',
  ]);
  return [...new Set(text.split(' '))];
}

/** A labelled pod that runs, with what was put into it. */
async function agent(name: string): Promise<string> {
  await kubectl.apply(pod(ns, name, { servers: 'mcpserverentry/upstream' }));
  await kubectl.wait(ns, `pod/${name}`, 'condition=Ready', 120);
  return proxyOf(name);
}
const proxyOf = (name: string) =>
  kubectl.run([
    'get',
    'pod',
    '-n',
    ns,
    name,
    '-o',
    'jsonpath={.spec.initContainers[?(@.name=="sallyport-proxy")].image}',
  ]);
const answerTo = async (name: string) => (await new App(kubectl, ns, name).call('upstream')).credential;

/** Pods that run a proxy which the platform no longer names, as the audit has it with the configuration of the cluster. */
async function outdated(): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-upgrade-'));
  try {
    const map = await kubectl.get<{ readonly data: Readonly<Record<string, string>> }>(
      system,
      'configmap/sallyport',
    );
    const file = path.join(folder, 'config.yaml');
    await writeFile(file, map.data['config.yaml'] ?? '');
    const context = (await kubectl.run(['config', 'current-context'])).trim();
    const asked = ['--context', context, '-n', ns, '--config', file, '-o', 'json'];
    const { stdout, stderr } = await kubectl.sallyport('audit', ...asked);
    expect(stderr).toBe('');
    const rows = findingsIn<{ code: string; object: { name: string } }>(stdout);
    return rows.filter(({ code }) => code === 'MCP510').map(({ object }) => object.name);
  } finally {
    await rm(folder, { recursive: true });
  }
}

beforeAll(async () => {
  helm = await helmBinary(say);
  previous = await previousRelease(say);
  await streamNamespace(kubectl, ns);
  await kubectl.apply(upstreamService(ns), upstreamPod(ns));
  await kubectl.apply(
    serverEntry(ns, 'upstream', fromSecret('token', 'token'), `http://${await clusterIp(kubectl, ns)}/mcp`),
  );
  await kubectl.run(['delete', '-k', base]);
  await runAll(install?.map(ofPrevious), previous);
  await webhooksAnswer(kubectl);
}, long);

afterAll(() => installedAsBefore(cluster, say), long);

describe('from the release before this one', () => {
  it('which is installed by its own manifests and serves an agent', async () => {
    expect(await images()).toEqual([previousImage('server')]);
    expect(await agent('of-before')).toBe(previousImage('proxy'));
    expect(await answerTo('of-before')).toBe(digest('Bearer abc'));
  }, 300_000);

  it(
    'the upgrade refuses nobody, and the agent goes on as it is',
    async () => {
      const outcome = await refusesNobody(cluster, ns, async () => {
        await runAll(accept, previous);
        await runAll(upgrade);
      });
      expect(outcome.images.toSorted()).toEqual([previousImage('proxy'), now.proxy].toSorted());
      await webhooksAnswer(kubectl);
      expect(await proxyOf('of-before')).toBe(previousImage('proxy'));
      expect(await answerTo('of-before')).toBe(digest('Bearer abc'));
      expect(await agent('of-now')).toBe(now.proxy);
      expect(await answerTo('of-now')).toBe(digest('Bearer abc'));
    },
    long,
  );

  it(
    'the way back refuses nobody, and both agents go on',
    async () => {
      const outcome = await refusesNobody(cluster, ns, () => runAll(back));
      expect(outcome.images).toContain(previousImage('proxy'));
      expect(await images()).toContain(previousImage('server'));
      for (const name of ['of-before', 'of-now'])
        expect(await answerTo(name), name).toBe(digest('Bearer abc'));
    },
    long,
  );

  it(
    'forth again, and with the old image taken away, the agent of before works and is reported as outdated',
    async () => {
      await refusesNobody(cluster, ns, async () => {
        await runAll(upgrade);
        await runAll(later);
      });
      expect(await outdated()).toEqual(['of-before']);
      expect(await answerTo('of-before')).toBe(digest('Bearer abc'));
    },
    long,
  );
});
