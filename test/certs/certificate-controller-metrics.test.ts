import { describe, expect, it } from 'vitest';
import { bundle, installed, pass } from './journey.ts';
import type { RunningController } from './world.ts';

const minute = 60_000;

/** Samples by name with their labels. */
async function samples({ metrics }: RunningController): Promise<Readonly<Record<string, number>>> {
  const found = [...(await metrics()).matchAll(/^sallyport_certificates_(\S+) (\S+)$/gm)];
  return Object.fromEntries(found.map(([, name = '', value]) => [name, Number(value)]));
}

describe('the metrics of the certificate controller', () => {
  it('say that it leads, when its CA ends, and what it wrote', async () => {
    const { world, controller } = await installed();
    const [ca] = bundle(world);
    expect(await samples(controller)).toMatchObject({
      leader: 1,
      authority_expiry_timestamp_seconds: Date.parse(ca?.validTo ?? '') / 1000,
      'writes_total{what="certificate"}': 1,
      'writes_total{what="path"}': 1,
      'writes_total{what="bundle"}': 3,
    });
  });

  it('follow a CA that is replaced', async () => {
    const { world, controller, replicas } = await installed();
    const before = await samples(controller);
    world.secrets.delete('sallyport-authority');
    await pass(world, 5 * minute, ...replicas);
    const after = await samples(controller);
    const written = 'writes_total{what="authority"}';
    expect(after[written]).toBeGreaterThan(before[written] ?? 0);
    expect(after['writes_total{what="certificate"}']).toBe(2);
    expect(after['authority_expiry_timestamp_seconds']).toBe(
      Date.parse(bundle(world)[0]?.validTo ?? '') / 1000,
    );
  });

  it('tell one that stands by, and takes over, from the leader', async () => {
    const { world, controller, replicas } = await installed();
    const second = await world.controller('controller-2');
    expect((await samples(second))['leader']).toBe(0);
    controller.stop();
    await pass(world, 2 * minute, ...replicas);
    expect((await samples(second))['leader']).toBe(1);
  });

  it('count failed reconciles while the API server cannot be asked', async () => {
    const { world, controller } = await installed();
    expect((await samples(controller))['reconciles_total{outcome="error"}']).toBeUndefined();
    world.outage = true;
    await world.time.pass(minute);
    expect((await samples(controller))['reconciles_total{outcome="error"}']).toBeGreaterThan(3);
  });
});
