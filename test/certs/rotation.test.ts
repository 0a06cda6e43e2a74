import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificatesIn, verifiesUnder } from '../../src/certs/chain.ts';
import { day, World, type RunningReplica } from './world.ts';

const name = 'sallyport.sallyport-system.svc';
const minute = 60_000;

/** How many CAs each entry of ours carries; they always carry the same. */
function bundle(world: World): readonly X509Certificate[] {
  const bundles = new Set(
    world.entries.filter((one) => one.name.endsWith('sallyport.dev')).map(({ caBundle }) => caBundle ?? ''),
  );
  expect(bundles.size).toBe(1);
  return certificatesIn([...bundles][0] ?? '');
}

const last = ({ shown }: RunningReplica) => shown.at(-1)?.certificate ?? '';
const issuer = (replica: RunningReplica, world: World) =>
  bundle(world).find((ca) => new X509Certificate(last(replica)).checkIssued(ca));

/** What an API server finds that calls this replica now. */
const isBelieved = (replica: RunningReplica, world: World): boolean =>
  verifiesUnder({ chain: last(replica), anchors: bundle(world), name, now: world.time.now() }).length > 0 &&
  world.entries
    .filter((one) => one.name.endsWith('sallyport.dev'))
    .every(({ path }) => replica.identity.answersBelow(path?.slice(0, path.lastIndexOf('/')) ?? ''));

/** Lets time pass in small steps, and asks in each of them whether every call would be answered. */
async function pass(world: World, ms: number, ...replicas: readonly RunningReplica[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    await world.time.pass(1000);
    expect(replicas.map((one) => isBelieved(one, world))).toEqual(replicas.map(() => true));
  }
}

async function installed() {
  const world = new World();
  const keeper = await world.keeper();
  const replicas = [await world.replica('a'), await world.replica('b')] as const;
  await world.time.pass(10_000);
  for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
  return { world, keeper, replicas };
}

describe('a first install', () => {
  it('is ready within seconds, whoever comes up first', async () => {
    const world = new World();
    const early = await world.replica('early');
    expect(early.identity.notReady()).toContain('there is no certificate to serve');
    const keeper = await world.keeper();
    const late = await world.replica('late');
    await world.time.pass(2000);
    for (const one of [early, late]) {
      expect(one.identity.notReady()).toBeUndefined();
      expect(isBelieved(one, world)).toBe(true);
    }
    expect(keeper.loop.notReady()).toBeUndefined();
    expect(world.entries.find((one) => one.name === 'somebody.example.com')?.caBundle).toBeUndefined();
  });

  it('gives the key of the CA to nobody who serves', async () => {
    const { world } = await installed();
    expect([...(world.secrets.get('sallyport-webhook')?.values.keys() ?? [])].toSorted()).toEqual([
      'ca.crt',
      'tls.crt',
      'tls.key',
    ]);
  });

  it('makes one CA when several keepers come up together, and one of them acts', async () => {
    const world = new World();
    const keepers = await Promise.all(['one', 'other', 'third'].map((each) => world.keeper(each)));
    await world.time.pass(10 * minute);
    expect(world.written.toSorted()).toEqual(['sallyport-authority', 'sallyport-path', 'sallyport-webhook']);
    expect(bundle(world)).toHaveLength(1);
    expect(keepers.filter(({ lines }) => lines.join().includes('keeping the certificates'))).toHaveLength(1);
  });
});

describe('a CA at two thirds of its life', () => {
  it('is published beside its successor until every replica serves under that, and no call is refused on the way', async () => {
    const { world, replicas } = await installed();
    const [old] = bundle(world);
    const under = () =>
      replicas.map((one) => (issuer(one, world)?.fingerprint256 === old?.fingerprint256 ? 'old' : 'new'));
    world.time.jump(243 * day);
    await world.time.pass(20_000);
    expect([bundle(world).length, under()]).toEqual([1, ['old', 'old']]);

    world.time.jump(day);
    const steps: string[] = [];
    for (let i = 0; i < 300; i += 1) {
      await pass(world, 1000, ...replicas);
      const step = `${bundle(world).length}: ${under().join()}`;
      if (steps.at(-1) !== step) steps.push(step);
    }
    // For some seconds one replica is ahead of the other, which both CAs in the bundle allow.
    expect(steps.filter((step) => !/old,new|new,old/.test(step))).toEqual([
      '1: old,old',
      '2: old,old',
      '2: new,new',
      '1: new,new',
    ]);
    expect(steps.filter((step) => step.startsWith('1'))).toHaveLength(2);
  });
});
