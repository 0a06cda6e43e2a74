import { createPrivateKey, X509Certificate } from 'node:crypto';
import { annotations, labels, secretAnnotations } from '../core/annotations.ts';
import type { KeyPairFact, OwnNames, SourceFact, ValueFact } from '../core/facts.ts';
import { headerValue } from '../core/header-value.ts';
import { mayBeOurs } from '../core/review/name-problems.ts';
import { parseUrl } from '../core/url.ts';

/**
 * The one room where an admission-side program sees a Secret's values. Facts go out, values are dropped on return:
 * nothing here stores, logs or quotes them, and every reason is a fixed sentence.
 */

/** Facts are kept for the length of a review, and a Secret of 1 MiB has room for 100,000 keys. */
const maxKeys = 1024;
/** Each reference to the Secret is compared with each entry of its annotations. */
const maxEntries = 64;

/** What can be said about a Secret or ConfigMap without its values; `object` is for its annotations. */
export function observe(values: ReadonlyMap<string, Buffer>, object: unknown = {}): SourceFact {
  if (values.size > maxKeys)
    return { state: 'unknown', cause: 'too-large', why: `it has more than ${maxKeys} keys` };
  const written = annotations(object);
  const own = labels(object);
  const upstreams = written.get(secretAnnotations.upstreams);
  const upstreamCas = written.get(secretAnnotations.upstreamCas);
  const certificate = values.get('tls.crt');
  const key = values.get('tls.key');
  return {
    state: 'present',
    keys: new Map([...values].map(([name, value]) => [name, observeValue(value)])),
    ...(certificate && key ? { keyPair: observeKeyPair(certificate, key) } : {}),
    ...((object as { immutable?: unknown }).immutable === true ? { immutable: true } : {}),
    ...(own.size === 0 ? {} : { labels: own }),
    ...(upstreams === undefined ? {} : { upstreams: originsIn(upstreams) }),
    ...(upstreamCas === undefined ? {} : { upstreamCas: listOf(upstreamCas) }),
    ...ownNamesOf(written, own),
  };
}

function ownNamesOf(
  ofAnnotations: ReadonlyMap<string, string>,
  ofLabels: ReadonlyMap<string, string>,
): { readonly ownNames?: OwnNames } {
  const names = (map: ReadonlyMap<string, string>) => [...map.keys()].filter(mayBeOurs).slice(0, maxEntries);
  const ownNames = { labels: names(ofLabels), annotations: names(ofAnnotations) };
  return ownNames.labels.length + ownNames.annotations.length === 0 ? {} : { ownNames };
}

function observeValue(value: Buffer): ValueFact {
  const judged = headerValue(value);
  return {
    ...(judged.kind === 'invalid' ? { problem: judged.problem } : formOf(value, judged.text)),
    ...(holdsCertificates(value) ? { certificates: true } : {}),
  };
}

const formOf = (value: Buffer, text: string): Pick<ValueFact, 'lineEnd' | 'oneWord'> => ({
  ...('\r\n'.includes(String.fromCharCode(value.at(-1) ?? 0)) ? { lineEnd: true } : {}),
  ...(/[\t ]/.test(text) ? {} : { oneWord: true }),
});

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Far above any bundle of authorities; what is longer is something else. */
const maxBundleBytes = 1024 * 1024;

/** At least one certificate, and none that cannot be read. Text around the blocks is allowed, as OpenSSL does. */
function holdsCertificates(value: Buffer): boolean {
  if (value.length > maxBundleBytes || !value.includes('-----BEGIN CERTIFICATE-----')) return false;
  const blocks = value.toString('latin1').match(pemBlock) ?? [];
  return (
    blocks.length > 0 && blocks.every((block) => attempt(() => new X509Certificate(block)) !== undefined)
  );
}

/** The first `maxEntries` of a list, each a copy: a slice would keep the whole annotation in memory. */
const listOf = (text: string): string[] =>
  text
    .split(',', maxEntries)
    .map((one) => Buffer.from(one.trim()).toString())
    .filter((one) => one !== '');

/** The origins that an owner lists, each once. What is not a URL allows nothing. */
const originsIn = (text: string): string[] => [
  ...new Set(listOf(text).flatMap((url) => parseUrl(url)?.origin ?? [])),
];

function observeKeyPair(certificate: Buffer, key: Buffer): KeyPairFact {
  const parsed = attempt(() => new X509Certificate(certificate));
  if (!parsed) return { state: 'bad', why: 'tls.crt is not a certificate in PEM' };
  const privateKey = attempt(() => createPrivateKey(key));
  if (!privateKey) return { state: 'bad', why: 'tls.key is not a private key in PEM without a passphrase' };
  if (!parsed.checkPrivateKey(privateKey))
    return { state: 'bad', why: 'tls.crt and tls.key do not belong together' };
  return { state: 'good', expires: Date.parse(parsed.validTo) };
}

/** OpenSSL's own messages may quote what they read, so only success or failure comes out. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** A Secret's `data` and `stringData`, or a ConfigMap's `data` and `binaryData`, as bytes. Other types are left out. */
export function valuesOf(kind: 'Secret' | 'ConfigMap', object: unknown): Map<string, Buffer> {
  const fields = object as Record<string, unknown>;
  const read = (field: string, encoding: 'base64' | 'utf8') => {
    const map = fields[field];
    if (typeof map !== 'object' || map === null) return [];
    return Object.entries(map)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([key, text]): [string, Buffer] => [key, Buffer.from(text, encoding)]);
  };
  return kind === 'Secret'
    ? new Map([...read('data', 'base64'), ...read('stringData', 'utf8')])
    : new Map([...read('data', 'utf8'), ...read('binaryData', 'base64')]);
}
