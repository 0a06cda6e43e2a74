import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { pack } from '../support/pack.ts';

/** The version that this repository releases next. */
export const release = (
  JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as { readonly version: string }
).version.replace('-dev', '');

/**
 * A registry on this machine that has the package of this repository and no other, as the release that the documents name.
 * Returns the environment with which npm uses it alone, without a cache of other packages.
 */
export async function registryEnvironment(folder: string): Promise<Readonly<Record<string, string>>> {
  const archive = readFileSync(await pack(folder));
  const { bin, engines } = JSON.parse(
    readFileSync(path.join(repository, 'package.json'), 'utf8'),
  ) as object & {
    readonly bin: object;
    readonly engines: object;
  };
  const server = createServer((request, response) => {
    if (request.url === '/sallyport.tgz') return response.end(archive);
    if (request.url !== '/sallyport') return response.writeHead(404).end('{}');
    const dist = {
      tarball: `${origin()}/sallyport.tgz`,
      integrity: `sha512-${createHash('sha512').update(archive).digest('base64')}`,
    };
    const versions = { [release]: { name: 'sallyport', version: release, bin, engines, dist } };
    return response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ name: 'sallyport', 'dist-tags': { latest: release }, versions }));
  });
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => server.close());
  return {
    npm_config_registry: origin(),
    npm_config_cache: path.join(folder, 'cache'),
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
  };
}
