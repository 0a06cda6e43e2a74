import { createPublicKey, X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { describe, expect, it } from 'vitest';
import type { Issued } from '../../src/certs/issue.ts';
import { bundle, installed, last } from './journey.ts';
import { day, World } from './world.ts';

const host = 'sallyport.sallyport-system.svc';
const minute = 60_000;
const notTrusted =
  'the certificate that is served does not verify under the CA bundle of the webhook configurations';

/** A pair and the CA that its controller names, as a Secret of type kubernetes.io/tls holds them. */
interface Brought {
  readonly leaf: Issued;
  readonly ca: string;
}

/** A cluster in which a person, not Sallyport, writes certificate and CA. */
async function brought() {
  const world = new World();
  const put = ({ leaf, ca }: Brought) =>
    world.put('sallyport-webhook', { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': ca });
  await world.controller('controller-1', 'sallyport-system', {
    kind: 'external',
    authority: {
      from: 'ca.crt of the Secret sallyport-webhook',
      read: async () => Promise.resolve(world.secrets.get('sallyport-webhook')?.values.get('ca.crt') ?? ''),
    },
  });
  return { world, put };
}

/** Days from now, between which a certificate is valid. */
interface Validity {
  readonly from: number;
  readonly to: number;
}
const valid: Validity = { from: -1, to: 30 };

interface CertificateFields extends Validity {
  readonly now: number;
  /** Itself, if it is left out. */
  readonly issuer?: Issued;
  readonly isCa?: boolean;
  /** PEM; a new one, if it is left out. */
  readonly key?: string;
}

const publicKeyOf = (key: string) => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();

async function certificate(
  name: string,
  { now, issuer, isCa = false, key, from, to }: CertificateFields,
): Promise<Issued> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...(key === undefined ? {} : { keyPair: { privateKey: key, publicKey: publicKeyOf(key) } }),
    ...(issuer ? { ca: { cert: issuer.certificate, key: issuer.key } } : {}),
    notBeforeDate: new Date(now + from * day),
    notAfterDate: new Date(now + to * day),
    extensions: [
      { name: 'basicConstraints', cA: isCa, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

const authority = (now: number, validity = valid) => certificate('a CA', { now, isCa: true, ...validity });

/** A leaf directly under its CA. */
async function direct(
  now: number,
  { leaf = valid, ca = valid, name = host }: { leaf?: Validity; ca?: Validity; name?: string } = {},
): Promise<Brought> {
  const issuer = await authority(now, ca);
  return { leaf: await certificate(name, { now, issuer, ...leaf }), ca: issuer.certificate };
}

/** A leaf, the certificate that issued it, and the CA that issued that one. */
async function through(now: number, isCa: boolean, validity = valid): Promise<Brought> {
  const root = await authority(now);
  const between = await certificate('between', { now, issuer: root, isCa, ...validity });
  const leaf = await certificate(host, { now, issuer: between, ...valid });
  return {
    leaf: { ...leaf, certificate: `${leaf.certificate}\n${between.certificate}` },
    ca: root.certificate,
  };
}

const unusable: readonly (readonly [string, (now: number) => Promise<Brought>])[] = [
  ['has expired', (now) => direct(now, { leaf: { from: -30, to: -1 } })],
  ['is not valid yet', (now) => direct(now, { leaf: { from: 1, to: 30 } })],
  ['is for another Service', (now) => direct(now, { name: 'other.sallyport-system.svc' })],
  ['is under an expired CA', (now) => direct(now, { ca: { from: -30, to: -1 } })],
  ['is under a CA that is not valid yet', (now) => direct(now, { ca: { from: 1, to: 30 } })],
  [
    'is signed by another CA of the same name',
    async (now) => ({ leaf: (await direct(now)).leaf, ca: (await direct(now)).ca }),
  ],
  [
    'names another issuer than the CA that signed it',
    async (now) => {
      const issuer = await authority(now);
      const renamed = await certificate('a renamed CA', { now, key: issuer.key, isCa: true, ...valid });
      return { leaf: await certificate(host, { now, issuer, ...valid }), ca: renamed.certificate };
    },
  ],
  ['has an issuer that is no CA', (now) => through(now, false)],
  ['has an issuer that expired', (now) => through(now, true, { from: -30, to: -1 })],
];

describe('a certificate that a person brings', () => {
  it('is served with the certificates between it and its CA', async () => {
    const { world, put } = await brought();
    const pair = await through(world.time.now(), true);
    put(pair);
    const replica = await world.replica('a');
    await world.time.pass(minute);
    expect(replica.identity.notReady()).toBeUndefined();
    expect(last(replica)).toBe(pair.leaf.certificate);
  });

  it.each(unusable)('that %s makes no replica ready, and is the reason', async (_, make) => {
    const { world, put } = await brought();
    put(await make(world.time.now()));
    const replica = await world.replica('a');
    await world.time.pass(minute);
    expect(replica.identity.notReady()).toBe(notTrusted);
  });

  it('that does not belong to the key beside it is not served', async () => {
    const { world, put } = await brought();
    const now = world.time.now();
    const [one, other] = [await direct(now), await direct(now)];
    put({ ...one, leaf: { ...one.leaf, key: other.leaf.key } });
    const replica = await world.replica('a');
    await world.time.pass(minute);
    expect(replica.identity.notReady()).toContain('there is no certificate to serve');
    expect(replica.shown).toEqual([]);
  });

  it('stays served until its replacement verifies', async () => {
    const { world, put } = await brought();
    const now = world.time.now();
    const first = await direct(now);
    put(first);
    const replica = await world.replica('a');
    await world.time.pass(minute);
    put({ ...first, leaf: (await direct(now)).leaf });
    await world.time.pass(minute);
    expect(last(replica)).toBe(first.leaf.certificate);
    expect(replica.identity.notReady()).toBeUndefined();
  });

  it('makes the replicas not ready when it expires', async () => {
    const { world, put } = await brought();
    put(await direct(world.time.now(), { ca: { from: -1, to: 365 } }));
    const replica = await world.replica('a');
    await world.time.pass(minute);
    expect(replica.identity.notReady()).toBeUndefined();
    world.time.jump(31 * day);
    await world.time.pass(minute);
    expect(replica.identity.notReady()).toBe(notTrusted);
  });
});

describe('a certificate that Sallyport issues', () => {
  it('ends no later than its CA', async () => {
    const world = new World();
    const lifetimes = { leafMs: 90 * day, authorityMs: 30 * day };
    await world.controller('controller-1', 'sallyport-system', { kind: 'own', lifetimes });
    const replica = await world.replica('a');
    await world.time.pass(minute);
    const [ca] = bundle(world);
    const end = ca && Date.parse(ca.validTo);
    expect(Date.parse(new X509Certificate(last(replica)).validTo)).toBe(end);
  });
});

/** The folders that the webhook configurations call. */
const called = (world: World) =>
  new Set(
    world.entries.flatMap(({ name, path = '' }) =>
      name.endsWith('sallyport.dev') ? [path.slice(0, path.lastIndexOf('/'))] : [],
    ),
  );

describe('a path that another program could guess', () => {
  it.each([
    ['no path', ''],
    ['a word', 'webhook'],
    ['31 hexadecimal digits', 'a'.repeat(31)],
    ['33 hexadecimal digits', 'a'.repeat(33)],
    ['32 other letters', 'z'.repeat(32)],
    ['a path of two parts', `a/${'a'.repeat(32)}`],
  ])('is replaced in the Secret sallyport-path: %s', async (_, path) => {
    const world = new World();
    world.put('sallyport-path', { path });
    const replica = await world.replica('a');
    await world.time.pass(minute);
    expect(replica.identity.answersBelow(`/${path}`)).toBe(false);
    await world.controller();
    await world.time.pass(minute);
    const [prefix = '', ...others] = called(world);
    expect(prefix).toMatch(/^\/[0-9a-f]{32}$/);
    expect(others).toEqual([]);
    expect(replica.identity.answersBelow(prefix)).toBe(true);
    expect(replica.identity.answersBelow(`/${path}`)).toBe(false);
  });

  it('is not taken from the webhook configurations when the Secret is lost', async () => {
    const { world, controller, replicas } = await installed();
    controller.stop();
    for (const [kind, { claimedBy, entries }] of world.configurations)
      world.configurations.set(kind, {
        claimedBy,
        entries: entries.map((entry) => ({
          ...entry,
          path: entry.path?.replace(/^\/[0-9a-f]+/, '/webhook'),
        })),
      });
    expect(called(world)).toEqual(new Set(['/webhook']));
    world.secrets.delete('sallyport-path');
    await world.controller('controller-2');
    await world.time.pass(minute);
    expect([...called(world)]).toEqual([expect.stringMatching(/^\/[0-9a-f]{32}$/)]);
    for (const { identity } of replicas) expect(identity.answersBelow('/webhook')).toBe(false);
  });
});
