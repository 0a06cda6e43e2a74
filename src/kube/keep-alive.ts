import { Agent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { KubeConfig, type RequestContext } from '@kubernetes/client-node';

/** Enough for the lookups of a busy server; more would only wait for the API server in another place. */
export const maxConnections = 32;
/** Well below the 90 seconds after which an API server closes an idle connection, so that no request meets its closing. */
const idleMs = 30_000;

/** What says who we are and whom we trust: another of these is another connection. */
const identity = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;
const identityOf = ({ options }: Agent) => identity.map((name) => options[name]);

/**
 * The client makes an agent for each request, and with it a connection and a TLS handshake: several times the work of the
 * lookup itself, on both sides. Here an agent is kept for as long as what it would be made of stays the same.
 */
export class KeepAliveConfig extends KubeConfig {
  #kept: Agent | undefined;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const made = context.getAgent();
    // A proxy's agent is another class, and is left as it was made.
    if (!(made instanceof Agent) || made.constructor !== Agent) return;
    if (!this.#kept || !isDeepStrictEqual(identityOf(this.#kept), identityOf(made))) {
      this.#kept?.destroy();
      this.#kept = new Agent({
        ...made.options,
        keepAlive: true,
        maxSockets: maxConnections,
        timeout: idleMs,
      });
    }
    context.setAgent(this.#kept);
  }
}
