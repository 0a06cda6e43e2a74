import { X509Certificate } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clusterIdentity } from '../../src/certs/cluster-identity.ts';
import type { InstalledEntry, OwnObjects, WebhookKind } from '../../src/certs/ports.ts';
import { listen } from '../../src/server/https-server.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { connect } from 'node:tls';

/** The cluster's side of it, in memory: one Secret and two configurations, as several replicas see them. */
class OwnCluster implements OwnObjects {
  readonly serviceName = 'sallyport.sallyport-system.svc';
  secret: ReadonlyMap<string, string> | undefined;
  readonly installed = new Map<WebhookKind, InstalledEntry[]>([
    [
      'ValidatingWebhookConfiguration',
      [entry('validate-mcp-resources.sallyport.dev'), entry('check-labelled-pods.sallyport.dev')],
    ],
    [
      'MutatingWebhookConfiguration',
      [entry('inject-labelled-pods.sallyport.dev'), entry('somebody.example.com')],
    ],
  ]);

  readIdentity() {
    return Promise.resolve(this.secret);
  }
  createIdentity(values: ReadonlyMap<string, string>) {
    const free = this.secret === undefined;
    if (free) this.secret = values;
    return Promise.resolve(free);
  }
  entries(kind: WebhookKind) {
    return Promise.resolve(this.installed.get(kind));
  }
  publish(kind: WebhookKind, entries: readonly InstalledEntry[]) {
    const wanted = new Map(entries.map((one) => [one.name, one]));
    this.installed.set(
      kind,
      (this.installed.get(kind) ?? []).map((one) => wanted.get(one.name) ?? one),
    );
    return Promise.resolve();
  }
  get all(): InstalledEntry[] {
    return [...this.installed.values()].flat();
  }
}

function entry(name: string): InstalledEntry {
  return { name, caBundle: undefined, path: undefined };
}

/** One replica; it stops with the test. */
async function replica(objects: OwnObjects, more: { now?: () => number; days?: number } = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const lines: string[] = [];
  const log = createLog((line) => void lines.push(line));
  const identity = await clusterIdentity(objects, { log, stop: stop.signal, now: () => Date.now(), ...more });
  return { identity, lines };
}

const patient = { timeout: 60_000 };

describe('replicas that come up together', () => {
  it('agree on one CA and one path, and publish them where they are meant', async () => {
    const cluster = new OwnCluster();
    const [one, other] = await Promise.all([replica(cluster), replica(cluster)]);
    expect(one.identity.prefix).toBe(other.identity.prefix);
    expect(one.identity.prefix).toMatch(/^\/[0-9a-f]{32}$/);
    await expect.poll(() => one.identity.notReady(), patient).toBeUndefined();
    await expect.poll(() => other.identity.notReady(), patient).toBeUndefined();
    const ca = cluster.secret?.get('ca.crt') ?? '';
    expect(cluster.all).toEqual([
      { name: 'validate-mcp-resources.sallyport.dev', caBundle: ca, path: `${one.identity.prefix}/validate` },
      { name: 'check-labelled-pods.sallyport.dev', caBundle: ca, path: `${one.identity.prefix}/check` },
      { name: 'inject-labelled-pods.sallyport.dev', caBundle: ca, path: `${one.identity.prefix}/mutate` },
      entry('somebody.example.com'),
    ]);
    for (const { identity } of [one, other]) {
      const leaf = new X509Certificate(identity.certificate.certificate);
      expect(leaf.checkIssued(new X509Certificate(ca))).toBe(true);
      expect(leaf.checkHost(cluster.serviceName)).toBe(cluster.serviceName);
    }
  });

  it('say what is missing until it is installed', async () => {
    const cluster = new OwnCluster();
    const configuration = cluster.installed.get('MutatingWebhookConfiguration') ?? [];
    cluster.installed.delete('MutatingWebhookConfiguration');
    const { identity } = await replica(cluster);
    await expect
      .poll(() => identity.notReady(), patient)
      .toBe('the MutatingWebhookConfiguration is not installed');
    cluster.installed.set('MutatingWebhookConfiguration', configuration);
    await expect.poll(() => identity.notReady(), patient).toBeUndefined();
  });

  it('wait for somebody to mend a Secret that is not one of ours, and do not touch it', async () => {
    const cluster = new OwnCluster();
    const foreign = new Map([['ca.crt', 'canary-of-somebody']]);
    cluster.secret = foreign;
    const lines: string[] = [];
    const log = createLog((line) => void lines.push(line));
    const stop = new AbortController();
    const started = clusterIdentity(cluster, { log, stop: stop.signal, now: () => Date.now() });
    started.catch(() => undefined);
    await expect.poll(() => lines.join(), patient).toContain('the Secret has no key ca.key');
    expect(lines.join()).toContain('delete the Secret and restart Sallyport');
    expect(lines.join()).not.toContain('canary');
    expect(cluster.secret).toBe(foreign);
    cluster.secret = undefined;
    expect((await started).prefix).toMatch(/^\/[0-9a-f]{32}$/);
    stop.abort();
  });
});

describe('a running replica', () => {
  it('puts the Secret back when somebody deletes it', async () => {
    const cluster = new OwnCluster();
    const configuration = cluster.installed.get('MutatingWebhookConfiguration') ?? [];
    // While something is missing it looks every second.
    cluster.installed.delete('MutatingWebhookConfiguration');
    const { lines } = await replica(cluster);
    const before = cluster.secret;
    cluster.secret = undefined;
    await expect.poll(() => cluster.secret, patient).toEqual(before);
    expect(lines.join()).toContain('the Secret of the replicas was gone and is there again');
    cluster.installed.set('MutatingWebhookConfiguration', configuration);
  });

  it('renews its certificate after two thirds of its life, without dropping a connection', async () => {
    const cluster = new OwnCluster();
    cluster.installed.delete('MutatingWebhookConfiguration');
    const clock = { now: Date.now() };
    const { identity } = await replica(cluster, { now: () => clock.now, days: 30 });
    const server = await listen((_req, res) => void res.end('ok'), identity.certificate, '127.0.0.1', 0);
    onTestFinished(() => server.close());
    const renewed: string[] = [];
    identity.onRenewal((certificate) => {
      server.use(certificate);
      renewed.push(certificate.certificate);
    });
    const ca = cluster.secret?.get('ca.crt') ?? '';
    const open = () =>
      new Promise<ReturnType<typeof connect>>((resolve, reject) => {
        const socket = connect(
          { port: server.port, host: '127.0.0.1', ca, servername: cluster.serviceName },
          () => resolve(socket),
        );
        socket.once('error', reject);
        onTestFinished(() => void socket.destroy());
      });
    const served = async () => (await open()).getPeerX509Certificate()?.fingerprint256;
    const early = await open();
    const first = await served();

    clock.now += 19 * 24 * 3600 * 1000;
    expect(await served()).toBe(first);
    clock.now += 2 * 24 * 3600 * 1000;
    await expect.poll(() => renewed.length, patient).toBeGreaterThan(0);
    expect(await served()).not.toBe(first);
    const answer = new Promise<string>((resolve) =>
      early.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    early.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await answer).toContain('200 OK');
  });
});
