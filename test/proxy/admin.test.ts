import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { faults, refusals } from '../../src/proxy/answers.ts';
import * as limits from '../../src/proxy/limits.ts';
import { metricNames } from '../../src/proxy/metrics.ts';
import { ask, proxyFor, recorder, server, startUpstream } from './support.ts';

describe('the admin port', () => {
  const setUp = async (name = 'github') => {
    const upstream = await startUpstream(recorder().handler);
    return proxyFor(server(upstream.url, { name }));
  };

  test.each([
    ['GET', '/readyz', 200],
    ['HEAD', '/readyz', 200],
    ['GET', '/readyz?probe=1', 200],
    ['GET', '/metrics', 200],
    ['GET', '/', 404],
    ['GET', '/mcp', 404],
    ['POST', '/readyz', 405],
    ['PUT', '/metrics', 405],
  ])('%s %s: %i', async (method, path, status) => {
    expect(await ask((await setUp()).adminPort, { method, path })).toMatchObject({ status });
  });

  test('[requirement 23] shows metrics that Prometheus can read, whatever a server is called', async () => {
    const proxy = await setUp('a"b\\c\nd');
    await ask(proxy.port);
    await ask(proxy.port, { path: '/no' });
    const text = await proxy.metrics();
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) sallyport_proxy_[a-z_]+ .+|sallyport_proxy_[a-z_]+\{([a-z]+="([^"\\]|\\["\\n])*",?)+\} \d+)$/,
      );
    }
    expect(text).toContain('sallyport_proxy_requests_total{server="a\\"b\\\\c\\nd",outcome="2xx"} 1');
    expect(text).toContain('outcome="refused"} 1');
    expect(text).toContain('reason="path"} 1');
  });
});

describe('the documentation', () => {
  const docs = readFileSync('docs/proxy.md', 'utf8').replaceAll(/ +/g, ' ');

  test('lists every metric, and no other', () => {
    const listed = new Set(docs.match(/sallyport_proxy_[a-z_]+/g));
    expect([...listed].toSorted()).toEqual([...metricNames].toSorted());
  });

  test.each(Object.entries(limits))('gives the limit %s as %i', (name, value) =>
    expect(docs).toContain(`| \`${name}\` | ${value} |`),
  );

  test.each([...faults, ...refusals])('explains %s', (code) => expect(docs).toContain(`\`${code}\``));
});
