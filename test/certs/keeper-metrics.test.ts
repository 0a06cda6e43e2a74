import { describe, expect, it } from 'vitest';
import { bundle, installed, pass } from './journey.ts';
import type { RunningKeeper } from './world.ts';

const minute = 60_000;

/** Samples by name with their labels. */
async function samples({ metrics }: RunningKeeper): Promise<Readonly<Record<string, number>>> {
  const found = [...(await metrics()).matchAll(/^sallyport_certificates_(\S+) (\S+)$/gm)];
  return Object.fromEntries(found.map(([, name = '', value]) => [name, Number(value)]));
}

describe('the metrics of the keeper', () => {
  it('say that it keeps, when its CA ends, and what it wrote', async () => {
    const { world, keeper } = await installed();
    const [ca] = bundle(world);
    expect(await samples(keeper)).toMatchObject({
      keeping: 1,
      authority_expiry_timestamp_seconds: Date.parse(ca?.validTo ?? '') / 1000,
      'writes_total{what="certificate"}': 1,
      'writes_total{what="path"}': 1,
      'writes_total{what="bundle"}': 3,
    });
  });

  it('follow a CA that is replaced', async () => {
    const { world, keeper, replicas } = await installed();
    const before = await samples(keeper);
    world.secrets.delete('sallyport-authority');
    await pass(world, 5 * minute, ...replicas);
    const after = await samples(keeper);
    const written = 'writes_total{what="authority"}';
    expect(after[written]).toBeGreaterThan(before[written] ?? 0);
    expect(after['writes_total{what="certificate"}']).toBe(2);
    expect(after['authority_expiry_timestamp_seconds']).toBe(
      Date.parse(bundle(world)[0]?.validTo ?? '') / 1000,
    );
  });

  it('tell one that stands by, and takes over, from the one that keeps', async () => {
    const { world, keeper, replicas } = await installed();
    const second = await world.keeper('keeper-2');
    expect((await samples(second))['keeping']).toBe(0);
    keeper.stop();
    await pass(world, 2 * minute, ...replicas);
    expect((await samples(second))['keeping']).toBe(1);
  });

  it('count looks that came to nothing while the API server cannot be asked', async () => {
    const { world, keeper } = await installed();
    expect((await samples(keeper))['looks_total{outcome="failed"}']).toBeUndefined();
    world.outage = true;
    await world.time.pass(minute);
    expect((await samples(keeper))['looks_total{outcome="failed"}']).toBeGreaterThan(3);
  });
});
