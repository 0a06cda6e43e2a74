import { ContractError } from '../contracts/contract-checks.ts';
import { exposesCredential, readEgress, type Egress } from '../egress-proxy.ts';
import type { Finding } from '../finding.ts';
import { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import type { ProxyServer } from '../contracts/proxy-contract.ts';
import type { EgressVariables } from './egress.ts';
import { podFinding } from './pod-finding.ts';

/**
 * Servers with an `http://` URL whose credential an egress proxy of the app would receive in plain text. The in-pod proxy
 * refuses their requests (`plain-egress`), so the pod is rejected before it starts.
 */
export function plainEgress(
  { variables, container }: EgressVariables,
  servers: readonly { readonly name: string; readonly config: ProxyServer }[],
): Finding[] {
  const egress = egressIn(variables);
  if (!egress || !container) return [];
  const at = Path.fields('spec', container.list).item(container.index).field('env');
  return servers.flatMap(({ name, config }) => {
    const url = new URL(config.upstream);
    const to = { secure: url.protocol === 'https:', host: url.hostname, port: Number(url.port) || 80 };
    if (!exposesCredential(config, to, egress)) return [];
    return [
      podFinding(
        'MCP512',
        at,
        `server ${shownName(name)} has an http:// URL and a credential, and container ${shownName(container.name)} sends its requests through HTTP_PROXY`,
        'without TLS, that HTTP proxy would receive the credential',
        `use an https:// URL for server ${shownName(name)}, or add ${url.hostname} to NO_PROXY of container ${shownName(container.name)}`,
      ),
    ];
  });
}

/** Variables that the proxy cannot read end it when it starts, so nothing is sent. */
function egressIn(variables: EgressVariables['variables']): Egress | undefined {
  try {
    return readEgress(Object.fromEntries(variables.map(({ name, value }) => [name, value])));
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}
