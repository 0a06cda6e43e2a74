import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { listen } from '../../src/server/https-server.ts';
import { bundle, installed, isBelieved, issuer, last, pass } from './journey.ts';
import { day, World } from './world.ts';

const minute = 60_000;

describe('a Secret that is deleted', () => {
  it.each(['sallyport-webhook', 'sallyport-path'] as const)(
    '%s is there again within seconds, and every call is answered meanwhile',
    async (name) => {
      const { world, replicas } = await installed();
      const path = world.secrets.get('sallyport-path')?.values.get('path');
      world.secrets.delete(name);
      await pass(world, 3 * minute, ...replicas);
      expect(world.secrets.has(name)).toBe(true);
      expect(world.secrets.get('sallyport-path')?.values.get('path')).toBe(path);
      expect(bundle(world)).toHaveLength(1);
    },
  );

  it('sallyport-authority is a CA that is replaced, step by step', async () => {
    const { world, replicas } = await installed();
    const [old] = bundle(world);
    world.secrets.delete('sallyport-authority');
    await pass(world, 30_000, ...replicas);
    expect(bundle(world).map(String)).toContain(String(old));
    expect(bundle(world)).toHaveLength(2);
    await pass(world, 4 * minute, ...replicas);
    expect(bundle(world)).toHaveLength(1);
    expect(bundle(world)[0]?.fingerprint256).not.toBe(old?.fingerprint256);
  });

  it('all of them, and the certificate controller is new: still every call is answered', async () => {
    const { world, controller, replicas } = await installed();
    const path = world.entries[0]?.path;
    controller.stop();
    world.secrets.clear();
    await world.controller('controller-2');
    await pass(world, 5 * minute, ...replicas);
    expect(world.entries[0]?.path).toBe(path);
    expect(bundle(world)).toHaveLength(1);
  });

  it('and holds what nobody can use, is written over', async () => {
    const { world, replicas } = await installed();
    world.put('sallyport-authority', { 'ca.crt': 'canary-of-somebody', 'ca.key': 'canary-of-somebody' });
    world.put('sallyport-webhook', { 'tls.crt': 'canary-of-somebody', 'tls.key': 'canary-of-somebody' });
    await pass(world, 5 * minute, ...replicas);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
    expect(replicas.map(({ lines }) => lines.join()).join()).not.toContain('canary');
  });
});

describe('the webhook configurations', () => {
  it('overwritten by somebody are written again within seconds; a replica says so meanwhile', async () => {
    const { world, controller, replicas } = await installed();
    controller.stop();
    const theirs = await createAuthority('somebody', { now: world.time.now() });
    world.overwrite({ caBundle: theirs.certificate });
    await world.time.pass(10_000);
    for (const one of replicas)
      expect(one.identity.notReady()).toContain('does not verify under the CA bundle');
    const next = await world.controller('controller-2');
    await world.time.pass(6000);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
    expect(bundle(world)).toHaveLength(1);
    expect(next.lines.join()).toContain('wrote CA bundle and path into ValidatingWebhookConfiguration');
  });

  it('with another path are written again, and a replica is not ready until then', async () => {
    const { world, controller, replicas } = await installed();
    controller.stop();
    world.overwrite({ path: `/${'0'.repeat(32)}/validate` });
    await world.time.pass(10_000);
    for (const one of replicas)
      expect(one.identity.notReady()).toContain('differs from the path in the Secret sallyport-path');
    await world.controller('controller-2');
    await world.time.pass(6000);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
  });

  it('that are not installed are waited for', async () => {
    const world = new World();
    const configuration = world.configurations.get('MutatingWebhookConfiguration');
    world.configurations.delete('MutatingWebhookConfiguration');
    const [controller, replica] = [await world.controller(), await world.replica('a')];
    await world.time.pass(10_000);
    for (const reason of [controller.loop.notReady(), replica.identity.notReady()])
      expect(reason).toBe('the MutatingWebhookConfiguration is not installed');
    if (configuration) world.configurations.set('MutatingWebhookConfiguration', configuration);
    await world.time.pass(3000);
    expect([controller.loop.notReady(), replica.identity.notReady()]).toEqual([undefined, undefined]);
  });

  it('deleted for a while leave ready replicas ready, so that the next call is answered', async () => {
    const { world, replicas } = await installed();
    const before = [...world.configurations];
    world.configurations.clear();
    for (let passed = 0; passed < 2 * minute; passed += 1000) {
      await world.time.pass(1000);
      for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
    }
    for (const [kind, configuration] of before) world.configurations.set(kind, configuration);
    await pass(world, minute, ...replicas);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
  });

  it('replaced by ones without CA bundle and path leave ready replicas ready until both are written', async () => {
    const { world, controller, replicas } = await installed();
    controller.stop();
    world.overwrite({ caBundle: undefined, path: undefined });
    await world.time.pass(minute);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
    await world.controller('controller-2');
    await world.time.pass(1000);
    expect(replicas.map((one) => isBelieved(one, world))).toEqual([true, true]);
  });

  it('of which one is deleted and the other overwritten are not called: a replica says so', async () => {
    const { world, controller, replicas } = await installed();
    controller.stop();
    const theirs = await createAuthority('another program', { now: world.time.now() });
    world.configurations.delete('MutatingWebhookConfiguration');
    world.overwrite({ caBundle: theirs.certificate });
    await world.time.pass(10_000);
    for (const one of replicas)
      expect(one.identity.notReady()).toContain('does not verify under the CA bundle');
  });
});

describe('a rotation', () => {
  it('is held up by a replica that does not read the next CA back', async () => {
    const { world, replicas } = await installed();
    const silent = { bundle: [], servesUnder: [], replica: 'stuck', steadyMs: 10 * minute, lifeMs: 1e9 };
    world.reports.set('stuck', { ...silent, renewed: '0' });
    const before = replicas.map(last);
    world.secrets.delete('sallyport-authority');
    await pass(world, 4 * minute, ...replicas);
    expect(bundle(world)).toHaveLength(2);
    expect(replicas.map(last)).toEqual(before);
    world.reports.delete('stuck');
    await pass(world, 4 * minute, ...replicas);
    expect(bundle(world)).toHaveLength(1);
  });

  it('waits a minute after each report: API servers may read the CA bundle later than replicas', async () => {
    const { world, replicas } = await installed();
    const [old] = bundle(world);
    const signer = () => world.secrets.get('sallyport-webhook')?.values.get('ca.crt');
    const before = signer();
    world.secrets.delete('sallyport-authority');
    const seconds = { published: 0, signs: 0, served: 0, alone: 0 };
    for (let second = 1; second <= 6 * 60; second += 1) {
      await pass(world, 1000, ...replicas);
      const under = replicas.map((one) => issuer(one, world)?.fingerprint256);
      if (bundle(world).length === 2) seconds.published ||= second;
      if (signer() !== before) seconds.signs ||= second;
      if (!under.includes(old?.fingerprint256)) seconds.served ||= second;
      if (seconds.served > 0 && bundle(world).length === 1) seconds.alone ||= second;
    }
    expect(seconds.published).toBeGreaterThan(0);
    expect(seconds.signs - seconds.published).toBeGreaterThanOrEqual(60);
    expect(seconds.served).toBeGreaterThanOrEqual(seconds.signs);
    expect(seconds.alone - seconds.served).toBeGreaterThanOrEqual(60);
  });

  it('does not wait for a replica that is gone', async () => {
    const { world, replicas } = await installed();
    const [old] = bundle(world);
    replicas[1].stop();
    world.secrets.delete('sallyport-authority');
    await pass(world, 5 * minute, replicas[0]);
    const [ca, ...others] = bundle(world);
    expect(others).toEqual([]);
    expect(ca?.fingerprint256).not.toBe(old?.fingerprint256);
    expect(issuer(replicas[0], world)?.fingerprint256).toBe(ca?.fingerprint256);
  });

  it('is cancelled by a bundle that is reverted: who switched goes back, and the minute begins again', async () => {
    const { world, controller, replicas } = await installed();
    const [old] = world.entries;
    const before = replicas.map(last);
    world.secrets.delete('sallyport-authority');
    // Half way through the minute somebody reverts, and the certificate controller writes again.
    await pass(world, 40_000, ...replicas);
    controller.stop();
    world.overwrite({ caBundle: old?.caBundle });
    await pass(world, 15_000, ...replicas);
    await world.controller('controller-2');
    await pass(world, 55_000, ...replicas);
    expect(replicas.map(last)).toEqual(before);
    await pass(world, 40_000, ...replicas);
    expect(replicas.map(last)).not.toEqual(before);
  });

  it('that has happened is taken back by a replica when nobody but the CA before is believed', async () => {
    const { world, controller, replicas } = await installed();
    const [old] = world.entries;
    const before = replicas.map(last);
    world.secrets.delete('sallyport-authority');
    await pass(world, 90_000, ...replicas);
    expect(replicas.map(last)).not.toEqual(before);
    controller.stop();
    world.overwrite({ caBundle: old?.caBundle });
    await world.time.pass(11_000);
    expect(replicas.map(last)).toEqual(before);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
  });
});

describe('time', () => {
  it.each([
    ['a certificate at two thirds of its life is renewed', 61 * day],
    ['an expired certificate is renewed', 100 * day],
    ['an expired CA is replaced', 400 * day],
    ['a clock that is set back makes new ones', -30 * day],
  ])('%s, within seconds', async (_what, ms) => {
    const { world, replicas } = await installed();
    const before = replicas.map(last);
    world.time.jump(ms);
    await world.time.pass(20_000);
    expect(replicas.map(last)).not.toEqual(before);
    for (const one of replicas) {
      expect(isBelieved(one, world)).toBe(true);
      expect(one.identity.notReady()).toBeUndefined();
    }
  });

  it('does not count for waiting: a clock that jumps switches no certificate early', async () => {
    const { world, replicas } = await installed();
    const before = replicas.map(last);
    world.secrets.delete('sallyport-authority');
    await world.time.pass(20_000);
    world.time.jump(2 * minute);
    await pass(world, 20_000, ...replicas);
    expect(replicas.map(last)).toEqual(before);
  });
});

describe('an API server that cannot be asked', () => {
  it('leaves everybody as they were, and is said once a minute or so', async () => {
    const { world, replicas } = await installed();
    world.outage = true;
    await world.time.pass(10 * minute);
    for (const one of replicas) {
      expect(one.identity.notReady()).toBeUndefined();
      expect(
        one.lines.filter((line) => line.includes('a request to the API server failed')).length,
      ).toBeLessThan(20);
      expect(one.lines.join()).toContain('a request to the API server failed');
    }
  });

  it('at the start is waited for', async () => {
    const world = new World();
    world.outage = true;
    const [, replica] = [await world.controller(), await world.replica('a')];
    await world.time.pass(minute);
    expect(replica.identity.notReady()).toContain('has not reconciled yet');
    world.outage = false;
    await world.time.pass(5000);
    expect(replica.identity.notReady()).toBeUndefined();
  });
});

describe('a replica that may not write its Lease', () => {
  it('serves and is ready, says so once, and no CA is replaced behind its back', async () => {
    const { world, replicas } = await installed();
    world.mayReport = false;
    const lost = await world.replica('c');
    await world.time.pass(minute);
    expect(lost.identity.notReady()).toBeUndefined();
    expect(
      lost.lines.filter((line) => line.includes('Lease of this replica could not be written (403)')),
    ).toHaveLength(1);
    world.secrets.delete('sallyport-authority');
    await pass(world, 3 * minute, ...replicas, lost);
    expect(bundle(world)).toHaveLength(2);
  });
});

describe('several certificate controllers', () => {
  it('take turns: one that goes away leaves at once, one that dies is missed after half a minute', async () => {
    const { world, controller } = await installed();
    const second = await world.controller('controller-2');
    expect(second.lines.join()).toContain('not the leader; the leader is controller-1');
    controller.stop();
    await controller.loop.ended;
    await world.time.pass(6000);
    expect(second.lines.join()).toContain('became the leader');
    const third = await world.controller('controller-3');
    // Dead, not stopped: its Lease stays.
    world.cutOff.add('controller-2');
    await world.time.pass(20_000);
    expect(third.lines.join()).not.toContain('became the leader');
    await world.time.pass(20_000);
    expect(third.lines.join()).toContain('became the leader');
  });
});

describe('a second install', () => {
  it('writes nothing, is not ready, and says whose the cluster is', async () => {
    const { world, replicas } = await installed();
    const before = JSON.stringify([...world.configurations]);
    const [controller, replica] = [
      await world.controller('b-controller', 'second'),
      await world.replica('b', 'second'),
    ];
    await world.time.pass(minute);
    for (const reason of [controller.loop.notReady(), replica.identity.notReady()]) {
      expect(reason).toContain('belongs to the installation in namespace sallyport-system');
      expect(reason).toContain('Fix: ');
    }
    expect(controller.lines.join()).toContain('belongs to the installation in namespace sallyport-system');
    expect(JSON.stringify([...world.configurations])).toBe(before);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
  });

  it('that put its own entries in place is said by the first one too', async () => {
    const { world, controller, replicas } = await installed();
    world.overwrite({ namespace: 'second' });
    await world.time.pass(15_000);
    for (const reason of [controller.loop.notReady(), ...replicas.map((one) => one.identity.notReady())])
      expect(reason).toContain('calls the Service in namespace second');
    world.overwrite({ namespace: 'sallyport-system' });
    await world.time.pass(3000);
    expect(controller.loop.notReady()).toBeUndefined();
  });
});

describe('certificates that somebody else keeps', () => {
  it('are exchanged, CA and all, without a refused call; the CA before goes when nobody needs it', async () => {
    const world = new World();
    const made = async (name: string) => {
      const now = world.time.now();
      const ca = await createAuthority(name, { now });
      const host = 'sallyport.sallyport-system.svc';
      const leaf = await ca.issue({ commonName: host, names: [host], usage: 'server' }, { now });
      return { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': ca.certificate };
    };
    const read = async () => world.secrets.get('sallyport-webhook')?.values.get('ca.crt') ?? '';
    const controller = await world.controller('controller-1', 'sallyport-system', {
      kind: 'external',
      authority: { from: 'ca.crt of the Secret sallyport-webhook', read },
    });
    const replicas = [await world.replica('a'), await world.replica('b')] as const;
    await world.time.pass(3000);
    expect(controller.loop.notReady()).toBe(
      'ca.crt of the Secret sallyport-webhook contains no CA certificate in PEM',
    );

    world.put('sallyport-webhook', await made('first'));
    await world.time.pass(10_000);
    for (const one of replicas) expect(one.identity.notReady()).toBeUndefined();
    const before = replicas.map(last);

    world.put('sallyport-webhook', await made('second'));
    await pass(world, 30_000, ...replicas);
    expect(bundle(world)).toHaveLength(2);
    expect(replicas.map(last)).toEqual(before);
    await pass(world, 4 * minute, ...replicas);
    expect(replicas.map(last)).not.toEqual(before);
    expect(bundle(world)).toHaveLength(1);
    expect(world.written).not.toContain('sallyport-webhook');
  });
});

describe('a renewed certificate', () => {
  it('is what new connections get, and an open one goes on', async () => {
    const { world, replicas } = await installed();
    const [{ identity }] = replicas;
    const server = await listen((_req, res) => void res.end('ok'), identity.certificate, '127.0.0.1', 0);
    onTestFinished(() => server.close());
    identity.onRenewal((certificate) => server.use(certificate));
    const ca = bundle(world).map(String);
    const open = () =>
      new Promise<ReturnType<typeof connect>>((resolve, reject) => {
        const socket = connect(
          { port: server.port, host: '127.0.0.1', ca, servername: 'sallyport.sallyport-system.svc' },
          () => resolve(socket),
        );
        socket.once('error', reject);
        onTestFinished(() => void socket.destroy());
      });
    const served = async () => (await open()).getPeerX509Certificate()?.fingerprint256;
    const early = await open();
    const first = await served();
    world.secrets.delete('sallyport-webhook');
    await world.time.pass(20_000);
    expect(await served()).not.toBe(first);
    const answer = new Promise<string>((resolve) =>
      early.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    early.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await answer).toContain('200 OK');
  });
});
