import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runSallyport } from '../support/terminal.ts';

describe('certificates refuses at once, in one line', () => {
  it.each<[what: string, args: readonly string[], message: RegExp]>([
    ['no cluster', [], /certificates needs --in-cluster/],
    ['a cluster it is not in', ['--in-cluster'], /works only in a pod/],
    ['a file', ['--in-cluster', 'ca.pem'], /takes no argument, but got "ca\.pem"/],
    [
      'somebody it does not know',
      ['--in-cluster', '--authority', 'vault'],
      /--authority must be one of own, secret or file, but is "vault"/,
    ],
    [
      'a file without its name',
      ['--in-cluster', '--authority', 'file'],
      /--authority file needs --ca-file FILE/,
    ],
    [
      'a name without its file',
      ['--in-cluster', '--ca-file', 'ca.pem'],
      /--authority file needs --ca-file FILE/,
    ],
    [
      'a life without a unit',
      ['--in-cluster', '--leaf-life', '90'],
      /--leaf-life 90 is not a time from 5m to 365d/,
    ],
    ['a life of a minute', ['--in-cluster', '--leaf-life', '1m'], /--leaf-life 1m is not a time from 5m/],
    [
      'a life of a century',
      ['--in-cluster', '--ca-life', '36500d'],
      /--ca-life 36500d is not a time from 1h to 3650d/,
    ],
    [
      'a CA that ends with its certificates',
      ['--in-cluster', '--ca-life', '100d', '--leaf-life', '50d'],
      /--ca-life must be at least three times --leaf-life/,
    ],
    [
      'a port that is a word',
      ['--in-cluster', '--port', 'http'],
      /--port must be a number from 0 to 65535, but is "http"/,
    ],
  ])('%s', async (_what, args, message) => {
    const { code, out, err } = await runSallyport(['certificates', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/^sallyport[^\n]*\n$/);
  });
});

it('certificates exits when its port is in use, and says how to use another one', async () => {
  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { code, err } = await runSallyport(
    ['certificates', '--in-cluster', '--host', '127.0.0.1', '--port', String(port)],
    { env: { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' } },
  );
  expect(code).toBe(2);
  expect(err).toBe(
    `sallyport: cannot listen on 127.0.0.1:${port}: the port is already in use; to use another one, add --port PORT\n`,
  );
});
