import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { isReservedHeader } from '../../src/core/header-names.ts';
import { headerValue } from '../../src/core/header-value.ts';
import { ask, eventually, proxyFor, recorder, server, startUpstream, tempRoot, valuesOf } from './support.ts';
import { setUp } from './server-with-files.ts';

describe('a value', () => {
  test.each([
    ['as it is', 'abc', 'abc'],
    ['without the line end of an editor', 'abc\n', 'abc'],
    ['without the line ends of Windows', 'abc\r\n\r\n', 'abc'],
    ['without white space around it', ' \tabc \n', 'abc'],
    ['with white space within', 'a b\n', 'a b'],
    ['with a tab within', 'a\tb', 'a\tb'],
    ['of 8 KiB', 'a'.repeat(8192), 'a'.repeat(8192)],
  ])('is used %s', (_, text, expected) =>
    expect(headerValue(Buffer.from(text))).toEqual({ kind: 'valid', text: expected }),
  );

  test.each([
    ['empty', '', 'empty'],
    ['only a line end', '\r\n', 'empty'],
    ['two lines', 'a\nb', 'control-characters'],
    ['a NUL', 'a\0b', 'control-characters'],
    ['a DEL', 'a\x7fb', 'control-characters'],
    ['UTF-8', 'naïve', 'not-ascii'],
    ['more than 8 KiB', 'a'.repeat(8193), 'too-long'],
  ])('is refused: %s', (_, text, problem) =>
    expect(headerValue(Buffer.from(text))).toEqual({ kind: 'invalid', problem }),
  );
});

describe('headers are made', () => {
  test('[requirement 26] from a template, also with a dollar sign in value and template', async () => {
    const { sent } = await setUp(
      { headers: [{ name: 'X-Auth', file: '+/h0', template: '$1 {value}; {value}', conflict: 'override' }] },
      { '+/h0': "a$&$'b" },
    );
    expect(await sent('x-auth')).toBe("$1 a$&$'b; a$&$'b");
  });

  test('[requirement 26] from a user and a password, in any encoding', async () => {
    const { sent } = await setUp(
      { headers: [{ name: 'Authorization', basic: ['+/h0', '+/h1'], conflict: 'override' }] },
      { '+/h0': 'anna\n', '+/h1': 'pä:ss\n' },
    );
    expect(await sent('authorization')).toBe(`Basic ${Buffer.from('anna:pä:ss').toString('base64')}`);
  });

  test('from a whole Secret, which replaces a literal and yields to a file of the same name', async () => {
    const { seen, sent, proxy } = await setUp(
      {
        headers: [
          { name: 'Authorization', file: '+/h0', template: 'Bearer {value}', conflict: 'override' },
          { name: 'X-Tenant', value: 'literal', conflict: 'override' },
        ],
        bundles: [{ dir: '.', conflict: 'override' }],
      },
      {
        '+/h0': 'own',
        AUTHORIZATION: 'of the bundle',
        'x-tenant': 'bundled',
        'X-Extra': 'more',
        '.hidden': 'no',
      },
    );
    expect(await sent('authorization')).toBe('Bearer own');
    expect(await sent('x-tenant')).toBe('bundled');
    expect(await sent('x-extra')).toBe('more');
    expect(JSON.stringify(seen)).not.toMatch(/hidden|of the bundle|literal|"\+"/);

    // A key that is gone takes its header along.
    proxy.rotate({ '+/h0': 'own', 'x-tenant': 'bundled' });
    await eventually(
      () => sent('x-extra'),
      (value) => value === '',
    );
  });

  test('from two whole Secrets, the second in a volume of its own', async () => {
    const root = tempRoot();
    const { handler, seen } = recorder();
    const upstream = await startUpstream(handler);
    const one = server(upstream.url, {
      headers: [],
      bundles: [
        { dir: '.', conflict: 'override' },
        { dir: 'second', conflict: 'override' },
      ],
    });
    const second = join(root, one.dir, 'second');
    mkdirSync(second, { recursive: true });
    layOutVolume(second, { 'X-Two': '2' });
    const proxy = await proxyFor(one, { 'X-One': '1' }, { root });
    await ask(proxy.port);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-one')).toEqual(['1']);
    expect(valuesOf(seen[0]?.raw ?? [], 'x-two')).toEqual(['2']);
    layOutVolume(second, { 'X-Two': '22' });
    await eventually(
      async () => {
        await ask(proxy.port);
        return valuesOf(seen.at(-1)?.raw ?? [], 'x-two');
      },
      (values) => values[0] === '22',
    );
  });

  test('from a plain folder, where something else than kubelet puts the files', async () => {
    const { sent, proxy } = await setUp({}, null);
    expect(await sent('authorization')).toBe('missing-file');
    mkdirSync(join(proxy.dir, '+'), { recursive: true });
    writeFileSync(join(proxy.dir, '+/h0'), 'plain');
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer plain',
    );
    writeFileSync(join(proxy.dir, '+/h0'), 'changed too');
    await eventually(
      () => sent('authorization'),
      (value) => value === 'Bearer changed too',
    );
  });
});

// What admission lets through, the proxy must know, and the other way round.
test.each([
  'Host',
  'connection',
  'Keep-Alive',
  'Proxy-Authorization',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'HTTP2-Settings',
  'Content-Length',
  'Content-Type',
  'Expect',
  'Accept',
  'Origin',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Real-IP',
  'Last-Event-ID',
  'Mcp-Session-Id',
  'MCP-Protocol-Version',
  'X-Kagent-Host',
])('[requirement 21] %s is reserved at both gates', (name) => {
  expect(isReservedHeader(name)).toBe(true);
  expect(isReservedHeader(name)).toBe(true);
});

test.each([
  'Authorization',
  'X-Api-Key',
  'Cookie',
  'User-Agent',
  'X-MCP-Toolsets',
  'X-Tenant-ID',
  'Private-Token',
])('%s may be injected', (name) => {
  expect(isReservedHeader(name)).toBe(false);
  expect(isReservedHeader(name)).toBe(false);
});
