import { X509Certificate } from 'node:crypto';
import { expect } from 'vitest';
import { certificatesIn, verifiesUnder } from '../../src/certs/chain.ts';
import { World, type RunningReplica } from './world.ts';

const name = 'sallyport.sallyport-system.svc';

/** The CAs that each entry of ours carries; they always carry the same. */
export function bundle(world: World): readonly X509Certificate[] {
  const bundles = new Set(
    world.entries.filter((one) => one.name.endsWith('sallyport.dev')).map(({ caBundle }) => caBundle ?? ''),
  );
  expect(bundles.size).toBe(1);
  return certificatesIn([...bundles][0] ?? '');
}

export const last = ({ shown }: RunningReplica) => shown.at(-1)?.certificate ?? '';
export const issuer = (replica: RunningReplica, world: World) =>
  bundle(world).find((ca) => new X509Certificate(last(replica)).checkIssued(ca));

/** What an API server finds that calls this replica now. */
export const isBelieved = (replica: RunningReplica, world: World): boolean =>
  verifiesUnder({ chain: last(replica), anchors: bundle(world), name, now: world.time.now() }).length > 0 &&
  world.entries
    .filter((one) => one.name.endsWith('sallyport.dev'))
    .every(({ path }) => replica.identity.answersBelow(path?.slice(0, path.lastIndexOf('/')) ?? ''));

/** Lets time pass in small steps, and asks in each that changed something whether every call would be answered. */
export async function pass(world: World, ms: number, ...replicas: readonly RunningReplica[]): Promise<void> {
  let before = '';
  for (let passed = 0; passed < ms; passed += 1000) {
    await world.time.pass(1000);
    const after = JSON.stringify([replicas.map(last), world.entries]);
    if (after === before) continue;
    before = after;
    expect(replicas.map((one) => isBelieved(one, world))).toEqual(replicas.map(() => true));
  }
}

export async function installed() {
  const world = new World();
  const controller = await world.controller();
  const replicas = [await world.replica('a'), await world.replica('b')] as const;
  // Long enough for the CA to count as known everywhere.
  await world.time.pass(75_000);
  for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
  return { world, controller, replicas };
}
