import { describe, expect, it } from 'vitest';
import { bundle, installed, isBelieved, issuer, pass } from './journey.ts';
import { day, World } from './world.ts';

const minute = 60_000;

describe('a first install', () => {
  it('is ready within seconds, whoever comes up first', async () => {
    const world = new World();
    const early = await world.replica('early');
    expect(early.identity.notReady()).toContain('there is no certificate to serve');
    const controller = await world.controller();
    const late = await world.replica('late');
    await world.time.pass(2000);
    for (const one of [early, late]) {
      expect(one.identity.notReady()).toBeUndefined();
      expect(isBelieved(one, world)).toBe(true);
    }
    expect(controller.loop.notReady()).toBeUndefined();
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

  it('makes one CA when several certificate controllers start together, and one of them leads', async () => {
    const world = new World();
    const controllers = await Promise.all(['one', 'other', 'third'].map((each) => world.controller(each)));
    await world.time.pass(10 * minute);
    expect(world.written.toSorted()).toEqual(['sallyport-authority', 'sallyport-path', 'sallyport-webhook']);
    expect(bundle(world)).toHaveLength(1);
    expect(controllers.filter(({ lines }) => lines.join().includes('became the leader'))).toHaveLength(1);
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
