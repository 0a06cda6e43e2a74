import { createPrivateKey } from 'node:crypto';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SourceFact } from '../../src/core/facts.ts';
import { observe, valuesOf } from '../../src/facts/observe.ts';

const values = (entries: Record<string, string>) =>
  new Map(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text)]));

function present(fact: SourceFact) {
  if (fact.state !== 'present') throw new Error(`the fact is ${fact.state}`);
  return fact;
}

const problemOf = (value: Buffer) => present(observe(new Map([['token', value]]))).keys.get('token')?.problem;

describe('a value that can be sent as a header', () => {
  it.each([
    ['plain text', 'Bearer not-a-real-token'],
    ['one line end', 'hunter2\n'],
    ['a Windows line end', 'hunter2\r\n'],
    ['several line ends', 'hunter2\n\n'],
    ['spaces around', '  hunter2  '],
    ['spaces inside', 'Bearer  hunter2'],
    ['a tab inside', 'a\tb'],
    ['every printable character', ' !"#$%&\'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~'],
    ['8 KiB', 'a'.repeat(8192)],
    ['8 KiB and a line end', `${'a'.repeat(8192)}\n`],
  ])('%s', (_, text) => {
    expect(problemOf(Buffer.from(text))).toBeUndefined();
  });
});

describe('a value that cannot', () => {
  it.each([
    ['nothing', '', 'empty'],
    ['a line end alone', '\n', 'empty'],
    ['white space alone', ' \t \r\n', 'empty'],
    ['a line break inside', 'one\ntwo', 'control-characters'],
    ['a carriage return inside', 'one\rtwo', 'control-characters'],
    ['a line break in front', '\nhunter2', 'control-characters'],
    ['NUL', 'a\u0000b', 'control-characters'],
    ['escape', '\u001b[31m', 'control-characters'],
    ['delete', 'a\u007fb', 'control-characters'],
    ['an umlaut', 'pässword', 'not-ascii'],
    ['a byte order mark', '\ufeffhunter2', 'not-ascii'],
    ['a zero-width space', 'hunter2\u200b', 'not-ascii'],
    ['more than 8 KiB', 'a'.repeat(8193), 'too-long'],
  ])('%s is %s', (_, text, problem) => {
    expect(problemOf(Buffer.from(text))).toBe(problem);
  });

  it('bytes that are no text', () => {
    expect(problemOf(Buffer.from([0xff, 0xfe, 0x41]))).toBe('not-ascii');
  });
});

describe('a Secret as a whole', () => {
  it('shows every key, with its own problem', () => {
    const fact = present(observe(values({ good: 'a', bad: 'a\nb', blank: '' })));
    expect([...fact.keys]).toEqual([
      ['good', { oneWord: true }],
      ['bad', { problem: 'control-characters' }],
      ['blank', { problem: 'empty' }],
    ]);
  });

  it('says of a value that can be sent whether it is one word and ends in a line break', () => {
    const fact = present(observe(values({ bearer: 'Bearer a', file: 'Bearer a\n', windows: 'a\r\n' })));
    expect([...fact.keys]).toEqual([
      ['bearer', {}],
      ['file', { lineEnd: true }],
      ['windows', { lineEnd: true, oneWord: true }],
    ]);
  });

  it('without keys is present all the same', () => {
    expect(observe(new Map())).toEqual({ state: 'present', keys: new Map() });
  });

  it('keeps no value', () => {
    const fact = observe(values({ token: 'hunter2', 'tls.crt': 'hunter2', 'tls.key': 'hunter2' }));
    const shown = JSON.stringify(fact, (_, value: unknown) => (value instanceof Map ? [...value] : value));
    expect(shown).toContain('token');
    expect(shown).not.toContain('hunter2');
  });
});

describe('a pair', () => {
  const notAfterDate = new Date('2031-05-06T07:08:09Z');
  let pair: { certificate: string; key: string };
  let other: { certificate: string; key: string };
  const make = async () => {
    const made = await generate([{ name: 'commonName', value: 'client' }], {
      algorithm: 'sha256',
      keyType: 'ec',
      notAfterDate,
    });
    return { certificate: made.cert, key: made.private };
  };
  const keyPair = (certificate: string, key: string) =>
    present(observe(values({ 'tls.crt': certificate, 'tls.key': key }))).keyPair;

  beforeAll(async () => {
    [pair, other] = await Promise.all([make(), make()]);
  });

  it('that belongs together is good, with the day it ends', () => {
    expect(keyPair(pair.certificate, pair.key)).toEqual({ state: 'good', expires: notAfterDate.getTime() });
  });
  it('whose certificate brings its chain is good', () => {
    expect(keyPair(`${pair.certificate}\n${other.certificate}`, pair.key)?.state).toBe('good');
  });
  it('of two different pairs is bad', () => {
    expect(keyPair(pair.certificate, other.key)).toEqual({
      state: 'bad',
      why: 'tls.crt and tls.key do not belong together',
    });
  });
  it('in the wrong fields is bad', () => {
    expect(keyPair(pair.key, pair.certificate)).toEqual({
      state: 'bad',
      why: 'tls.crt is not a certificate in PEM',
    });
  });
  it('with garbage for a certificate is bad', () => {
    expect(keyPair('garbage', pair.key)).toEqual({
      state: 'bad',
      why: 'tls.crt is not a certificate in PEM',
    });
  });
  it('with garbage for a key is bad', () => {
    expect(keyPair(pair.certificate, 'garbage')).toEqual({
      state: 'bad',
      why: 'tls.key is not a private key in PEM without a passphrase',
    });
  });
  it('whose key has a passphrase is bad', () => {
    const cipher = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' } as const;
    const locked = createPrivateKey(pair.key).export(cipher);
    expect(keyPair(pair.certificate, locked.toString())).toEqual({
      state: 'bad',
      why: 'tls.key is not a private key in PEM without a passphrase',
    });
  });
  it('with a half missing is not judged', () => {
    expect(present(observe(values({ 'tls.crt': pair.certificate })))).not.toHaveProperty('keyPair');
    expect(present(observe(values({ 'tls.key': pair.key })))).not.toHaveProperty('keyPair');
  });
});

describe('the values of an object', () => {
  const text = (map: Map<string, Buffer>) => Object.fromEntries([...map].map(([k, v]) => [k, v.toString()]));

  it('of a Secret are data in base64, overlaid by stringData', () => {
    const object = { data: { a: 'b25l', b: 'dHdv' }, stringData: { b: 'three' } };
    expect(text(valuesOf('Secret', object))).toEqual({ a: 'one', b: 'three' });
  });
  it('of a ConfigMap are data as text and binaryData in base64', () => {
    expect(text(valuesOf('ConfigMap', { data: { a: 'b25l' }, binaryData: { b: 'dHdv' } }))).toEqual({
      a: 'b25l',
      b: 'two',
    });
  });
  it.each([[{}], [{ data: null }], [{ data: 'text' }], [{ data: { a: 1, b: null, c: ['x'] } }]])(
    'of %j are none',
    (object) => {
      expect(valuesOf('Secret', object).size).toBe(0);
    },
  );
});

it('reads a value of 1 MiB in time linear in its length, however its blanks and line ends are placed', () => {
  for (const run of ['\n', ' ', '\r\n', '\t'])
    expect(observe(new Map([['token', Buffer.from(`x${run.repeat(1024 * 1024)}x`)]]))).toMatchObject({
      state: 'present',
    });
});

it('counts an origin once, and only the first 64 entries of the annotation', () => {
  const text = Array.from(
    { length: 70 },
    (_, i) => `https://h${i}.example.com/path, https://h${i}.example.com`,
  );
  const object = { metadata: { annotations: { 'sallyport.dev/upstreams': `not a url, ${text.join(',')}` } } };
  const fact = observe(new Map(), object);
  expect(fact).toMatchObject({
    upstreams: Array.from({ length: 32 }, (_, i) => `https://h${i}.example.com`),
  });
});
