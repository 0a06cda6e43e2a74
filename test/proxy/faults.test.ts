import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { faults } from '../../src/proxy/answers.ts';
import { isForbiddenHost } from '../../src/core/addresses.ts';
import { guardedLookup, targetOf } from '../../src/proxy/target.ts';
import { ask, proxyFor, recorder, server, startRawUpstream, startUpstream } from './support.ts';

/** Nothing of the upstream may stand in an answer of ours: the app may show it to a model. */
const expectFault = async (port: number, status: number, fault: (typeof faults)[number]) => {
  const answer = await ask(port, { body: '{}' });
  expect(answer).toMatchObject({
    status,
    headers: { 'sallyport-error': fault, 'content-type': 'application/json' },
  });
  expect(JSON.parse(answer.body)).toEqual({
    error: { code: fault, message: expect.stringMatching(/^Sallyport: /) },
  });
  expect(answer.body).not.toMatch(/127\.0\.0\.1|mcp\b(?! server)|ECONN|localhost|\/var/i);
};

async function closedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe('[requirement 7] a fault of ours', () => {
  test('when nobody listens is 502 connect', async () => {
    const proxy = await proxyFor(server(`http://127.0.0.1:${await closedPort()}/mcp`));
    await expectFault(proxy.port, 502, 'connect');
    expect(await proxy.metrics()).toContain('failures_total{server="github",cause="connect"} 1');
  });

  test('when the name is unknown is 502 connect', async () => {
    const proxy = await proxyFor(server('http://nobody.invalid/mcp'));
    await expectFault(proxy.port, 502, 'connect');
  });

  test('when the server does not speak TLS is 502 tls', async () => {
    const upstream = await startUpstream(recorder().handler);
    const proxy = await proxyFor(server(`https://127.0.0.1:${upstream.port}/mcp`));
    await expectFault(proxy.port, 502, 'tls');
  });

  test.each([
    ['closes without a word', ''],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH\r\n'],
    [
      'switches protocols unasked',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['sends more than 64 KiB of headers', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`],
  ])('when the server %s is 502 upstream-closed', async (_, bytes) => {
    const upstream = await startRawUpstream((socket) => socket.end(bytes));
    const proxy = await proxyFor(server(upstream.url));
    await expectFault(proxy.port, 502, 'upstream-closed');
  });

  test.each([
    'http://169.254.169.254/latest',
    'http://[fe80::1]/mcp',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'http://168.63.129.16/machine',
    'http://[::ffff:168.63.129.16]/machine',
    'https://[fd20:ce::254]/computeMetadata',
    'http://[64:ff9b::a83f:8110]/machine',
    'http://metadata.google.internal./computeMetadata',
  ])('for %s is 502 forbidden-target', async (upstream) => {
    const proxy = await proxyFor(server(upstream));
    const { pathname } = new URL(upstream);
    expect(await ask(proxy.port, { path: pathname })).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'forbidden-target' },
    });
  });
});

describe('[requirement 28] an address that no credential goes to', () => {
  test.each([
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'FD20:CE:0:0:0:0:0:254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    '168.63.129.16',
    '::ffff:168.63.129.16',
    '::ffff:a83f:8110',
    '::ffff:0:168.63.129.16',
    '64:ff9b::a83f:8110',
    '64:ff9b:1::a83f:8110',
    '2002:a83f:8110::1',
    'fe80::1%eth0',
    'metadata.google.internal',
    '100.100.100.200',
    '192.0.0.192',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
  ])('is %s', (address) => expect(isForbiddenHost(address)).toBe(true));

  test.each([
    '10.0.0.1',
    '127.0.0.1',
    '::1',
    '140.82.112.3',
    '2606:50c0::1',
    'fd00::1',
    'fd20:ce::253',
    '168.63.129.17',
    '::ffff:10.0.0.1',
    '1:2:3:4:5:6:7:8:9',
    '::1::2',
    '169.254.169.254::',
    ':1:2:3:4:5:6:7',
    '168.63.129.016',
    '169.253.1.1',
    'example.com',
  ])('is not %s', (address) => expect(isForbiddenHost(address)).toBe(false));

  const resolveTo = (addresses: readonly string[]) =>
    guardedLookup(((_name: string, _options: unknown, done: (...args: unknown[]) => void) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as never);

  test.each([
    ['one address is forbidden', ['169.254.169.254'], 'ForbiddenTarget'],
    ['one of several is forbidden', ['10.0.0.1', 'fe80::1'], 'ForbiddenTarget'],
    ['none is forbidden', ['10.0.0.1'], '10.0.0.1'],
    ['there is none', [], 'ForbiddenTarget'],
  ])('is also refused behind a name: %s', async (_, addresses, expected) => {
    const outcome = await new Promise((resolve) =>
      resolveTo(addresses)('x.example', { all: false }, (error, address) =>
        resolve(error ? error.constructor.name : address),
      ),
    );
    expect(outcome).toBe(expected);
  });

  test('a name hands on all its addresses when asked for all', async () => {
    const outcome = await new Promise((resolve) =>
      resolveTo(['10.0.0.1', 'fd00::1'])('x.example', { all: true }, (_, addresses) => resolve(addresses)),
    );
    expect(outcome).toEqual([
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ]);
  });
});

test.each([
  [
    'https://api.example.com/mcp/',
    { host: 'api.example.com', port: 443, authority: 'api.example.com', servername: 'api.example.com' },
  ],
  [
    'http://[2001:db8::1]:8080/a?b=c',
    { host: '2001:db8::1', port: 8080, authority: '[2001:db8::1]:8080', servername: '', search: '?b=c' },
  ],
  ['https://10.0.0.1', { host: '10.0.0.1', pathname: '/', servername: '', secure: true }],
])('%s is dialled as it is written', (upstream, expected) =>
  expect(targetOf(upstream)).toMatchObject(expected),
);
