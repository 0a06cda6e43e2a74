import { describe, expect, it } from 'vitest';
import { cpuText, memoryText, quantityOf } from '../../../src/core/k8s/quantity.ts';

describe('a quantity', () => {
  it.each([
    ['10m', 0.01],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['2.', 2],
    [2, 2],
    ['48Mi', 48 * 2 ** 20],
    ['128974848', 128974848],
    ['129e6', 129e6],
    ['129M', 129e6],
    ['1E', 1e18],
    ['1Ei', 2 ** 60],
    ['500u', 0.0005],
    ['100n', 1e-7],
    ['+1Ki', 1024],
  ])('%s is read as Kubernetes reads it', (written, amount) => {
    expect(quantityOf(written)).toBeCloseTo(amount, 12);
  });

  it.each(['', 'm', '1 Gi', '1gi', '0x10', 'Infinity', '1e', '1mm', null, undefined, {}, true])(
    '%s is none',
    (written) => {
      expect(quantityOf(written)).toBeUndefined();
    },
  );

  it.each([
    [cpuText(0.01), '10m'],
    [cpuText(2), '2'],
    [cpuText(0.1 + 0.2), '300m'],
    [cpuText(0.0101), '11m'],
    [memoryText(48 * 2 ** 20), '48Mi'],
    [memoryText(50e6), '50000000'],
  ])('is written as %s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
