import { describe, expect, it } from 'vitest';
import { parseUrl } from '../../src/core/url.ts';

describe('a URL with letters outside ASCII', () => {
  // V8 optimises a call after some thousands.
  const calls = 20_000;
  it.each([
    ['https://bücher.example/mcp', undefined, 'https://xn--bcher-kva.example/mcp'],
    ['https://пример.example/mcp', undefined, 'https://xn--e1afmkfd.example/mcp'],
    ['/é', 'https://example.com/a', 'https://example.com/%C3%A9'],
    ['b', 'https://example.com/é/', 'https://example.com/%C3%A9/b'],
    ['https://[ü', undefined, undefined],
    ['https://[', undefined, undefined],
  ])('is read the same however often: %s on %s', (text, base, href) => {
    const seen = new Set(Array.from({ length: calls }, () => parseUrl(text, base)?.href));
    expect([...seen]).toEqual([href]);
  });
});
