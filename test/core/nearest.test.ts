import { describe, expect, it } from 'vitest';
import { editsBetween, nearest } from '../../src/core/nearest.ts';

const fields = ['clientId', 'clientSecretRef', 'headers', 'headersFrom', 'url', 'tls'];

describe('the nearest name', () => {
  it.each([
    ['client_secret_ref', 'clientSecretRef'],
    ['client-secret-ref', 'clientSecretRef'],
    ['ClientSecretRef', 'clientSecretRef'],
    ['clientSecretref', 'clientSecretRef'],
    ['clientSecretRefs', 'clientSecretRef'],
    ['cleintSecretRef', 'clientSecretRef'],
    ['clientSecrtRf', 'clientSecretRef'],
    ['header', 'headers'],
    ['heders_from', 'headersFrom'],
    ['URL', 'url'],
    ['ulr', 'url'],
  ])('of %s is %s', (written, meant) => {
    expect(nearest(written, fields)).toBe(meant);
  });

  it.each(['secret', 'x', '', 'tlss2', 'transport', 'clientSecretReference'])(
    'is not guessed for %s',
    (written) => {
      expect(nearest(written, fields)).toBeUndefined();
    },
  );

  it('prefers a spelling that differs in capitals alone to a letter more', () => {
    expect(nearest('Headers', ['header', 'headerss', 'headers'])).toBe('headers');
  });

  it('is not searched for a name that is too long', () => {
    expect(nearest('a'.repeat(65), ['a'.repeat(64)])).toBeUndefined();
    expect(nearest('a'.repeat(64), ['a'.repeat(63)])).toBe('a'.repeat(63));
  });
});

describe('the edits between two texts', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('%s and %s are %i', (a, b, edits) => {
    expect(editsBetween(a, b, edits)).toBe(edits);
    expect(editsBetween(a, b, edits - 1)).toBeUndefined();
  });
});
