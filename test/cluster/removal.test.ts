import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { commandsIn, runCommands } from './documented.ts';
import { helmBinary } from './helm.ts';
import { Kubectl } from './kubectl.ts';
import { namespace, pod, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import {
  base,
  installSallyport,
  replicaLabel,
  soon,
  system,
  webhookConfigurations,
  webhooksAnswer,
} from './sallyport.ts';

/** docs/operations.md, command by command, with every pod of ours dead. */
const address = inject('cluster');
const kubectl = new Kubectl(address);
const ns = testNamespace('removal');
const say = (line: string) => console.log(line);
let helm = '';
const runAll = (lines: readonly string[] | undefined) => runCommands(address, helm, lines);

const inline = { addPlaintextHeaders: { Authorization: 'Bearer made-up-by-hand' } };
const refusedResource = serverEntry(ns, 'inline', inline);
const refusedPod = pod(ns, 'labelled', { servers: 'mcpserverentry/nobody' });

/** What the two gates refuse, without storing it. */
async function refused(): Promise<readonly boolean[]> {
  const asked = [refusedResource, refusedPod].map((object) =>
    kubectl.try(['create', '--dry-run=server', '-f', '-'], JSON.stringify(object)),
  );
  return (await Promise.all(asked)).map(({ code }) => code !== 0);
}

const nobody = async () => {
  await kubectl.run(['scale', '-n', system, 'deployment', '--all', '--replicas=0']);
  await kubectl.run(['delete', '-n', system, 'pod', '-l', replicaLabel, ...soon]);
  // The certificate controller gives its Lease up, which the next one would wait for.
  await kubectl.run(['wait', '-n', system, 'pod', '--all', '--for=delete', '--timeout=90s']);
};

/** Whatever carries our name, in no namespace or ours. */
async function left(): Promise<string> {
  const kinds = `${webhookConfigurations},validatingadmissionpolicies,validatingadmissionpolicybindings,clusterroles,clusterrolebindings`;
  const all = await kubectl.run(['get', kinds, '-o', 'name', '--ignore-not-found']);
  return all
    .split('\n')
    .filter((name) => name.includes('/sallyport'))
    .join('\n');
}

beforeAll(async () => {
  helm = await helmBinary(say);
  await kubectl.apply(namespace(ns));
}, 1_800_000);

afterAll(async () => {
  await installSallyport(kubectl, say);
}, 300_000);

const [off] = commandsIn('operations.md', 'Emergency shutdown');
const [withHelm, withKubectl] = commandsIn('operations.md', 'Uninstall');
const [install] = commandsIn('install.md', 'With Helm');

describe('with every pod dead', () => {
  it('one command switches it off at once, and applying it again switches it on', async () => {
    await nobody();
    expect(await refused()).toEqual([true, true]);
    await runAll(off);
    await until('nothing to be refused', 10, async () => (await refused()).every((one) => !one) || undefined);
    await kubectl.run(['apply', '-k', base]);
    await kubectl.wait(system, 'deployment/sallyport', 'condition=Available', 120);
    await webhooksAnswer(kubectl);
    expect(await refused()).toEqual([true, true]);
  }, 300_000);

  it('one kubectl command takes it away, and nothing of it refuses anything', async () => {
    await nobody();
    await runAll(withKubectl);
    expect(await left()).toBe('');
    expect((await kubectl.try(['get', 'namespace', system])).stderr).toContain('NotFound');
    expect(await refused()).toEqual([false, false]);
  }, 300_000);
});

describe('with Helm', () => {
  it('it is installed as documented, works, and goes as documented with every pod dead', async () => {
    const local = (line: string) => line.replaceAll(' --set images.registry=registry.example.com', '');
    await runAll(install?.map(local));
    // At `warn` a resource passes with a warning; a labelled pod that cannot be served is refused all the same.
    await until('both webhooks to answer', 60, async () => {
      const { code, stderr } = await kubectl.try(
        ['create', '--dry-run=server', '-f', '-'],
        JSON.stringify(refusedResource),
      );
      return (code === 0 && stderr.startsWith('Warning: [MCP101]')) || undefined;
    });
    expect(await refused()).toEqual([false, true]);
    await nobody();
    await runAll(withHelm);
    expect(await left()).toBe('');
    await until(
      'the namespace to be gone',
      60,
      async () => (await kubectl.try(['get', 'namespace', system])).code !== 0 || undefined,
    );
    expect(await refused()).toEqual([false, false]);
  }, 600_000);
});

describe('when somebody deleted the namespace alone', () => {
  it('resources and labelled pods are refused, namespaces with them go, and the first command ends it', async () => {
    await installSallyport(kubectl, say);
    const doomed = testNamespace('removal-doomed');
    await kubectl.apply(namespace(doomed), serverEntry(doomed, 'other', {}));
    const finalizers = (wanted: readonly string[] | null) => {
      const patch = JSON.stringify({ metadata: { finalizers: wanted } });
      return kubectl.run(['patch', '-n', doomed, 'mcpserverentry', 'other', '--type=merge', '-p', patch]);
    };
    await finalizers(['example.com/keep']);
    await kubectl.run(['delete', 'namespace', system, '--timeout=120s']);
    expect(await refused()).toEqual([true, true]);
    await kubectl.run(['delete', 'namespace', doomed, '--wait=false']);
    await finalizers(null);
    await kubectl.run(['wait', 'namespace', doomed, '--for=delete', '--timeout=60s']);
    await runAll(off);
    await until('nothing to be refused', 10, async () => (await refused()).every((one) => !one) || undefined);
  }, 300_000);
});
