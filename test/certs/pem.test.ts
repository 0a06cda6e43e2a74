import { describe, expect, it } from 'vitest';
import { certificateBlocks } from '../../src/net/pem.ts';

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';
const block = (body: string) => `${begin}\n${body}\n${end}`;

describe('certificateBlocks', () => {
  it('returns each certificate as it is written, without the text around it', () => {
    expect(certificateBlocks(`# one\n${block('AA==')}\n# two\n${block('BB==')}${block('CC==')}\n`)).toEqual([
      block('AA=='),
      block('BB=='),
      block('CC=='),
    ]);
  });

  it('returns a certificate without its end as a part of the next one, which then cannot be read', () => {
    const text = `${begin}\nAA==\n${block('BB==')}`;
    expect(certificateBlocks(`${end}${text}`)).toEqual([text]);
  });

  it.each(['', 'AA==', end, begin, begin.repeat(40_000)])('finds none in a text without a pair', (text) => {
    expect(certificateBlocks(text)).toEqual([]);
  });
});
