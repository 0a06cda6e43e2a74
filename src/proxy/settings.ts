import { ContractError } from '../core/contracts/contract-checks.ts';
import { decodeProxyConfig, proxyEnv, type ProxyConfig } from '../core/contracts/proxy-contract.ts';
import { isHeaderName, isReservedHeader } from '../core/header-names.ts';

import { readEgress, type Egress } from '../core/egress-proxy.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly config: ProxyConfig;
  readonly root: string;
  readonly egress: Egress;
}

/** Throws `ContractError` with one line. */
export function readSettings(env: Env): Settings {
  const text = env[proxyEnv.config];
  if (text === undefined || text === '') throw new ContractError(`${proxyEnv.config} is not set`);
  const config = decodeProxyConfig(text);
  for (const [i, server] of config.servers.entries()) {
    for (const [j, { name, value }] of server.headers.entries()) {
      const at = `servers[${i}].headers[${j}]`;
      if (!isHeaderName(name)) throw new ContractError(`${at}.name is not a header name`);
      if (isReservedHeader(name)) throw new ContractError(`${at}.name ${name} is a reserved header`);
      if (value !== undefined && !/^[\x20-\x7e]+$/.test(value))
        throw new ContractError(`${at}.value must be printable ASCII`);
    }
  }
  return { config, root: env[proxyEnv.root] ?? '/', egress: readEgress(env) };
}
