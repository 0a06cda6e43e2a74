import { Agent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';

/** Enough for the lookups of a busy server; more would only wait for the API server in another place. */
export const maxConnections = 32;
/** Well below the 90 seconds after which an API server closes an idle connection, so that no request meets its closing. */
const idleMs = 30_000;

/** What says who we are and whom we trust: another of these is another connection. */
const identity = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;
const identityOf = ({ options }: Agent) => identity.map((name) => options[name]);

/** The client reads certificates from their files for each request. A new one is used this much later. */
const identityLifeMs = 1000;

interface Applied {
  readonly until: number;
  /** Who we are: headers, and an agent where the client made one. */
  readonly context: Promise<RequestContext>;
}

/**
 * The client makes an agent for each request, and with it a connection and a TLS handshake: several times the work of the
 * lookup itself, on both sides. Here an agent is kept for as long as what it would be made of stays the same.
 */
export class KeepAliveConfig extends KubeConfig {
  #kept: Agent | undefined;
  #applied: Applied | undefined;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const now = performance.now();
    if (!this.#applied || now >= this.#applied.until)
      this.#applied = { until: now + identityLifeMs, context: this.#apply(context.getUrl()) };
    const applied = this.#applied;
    try {
      const known = await applied.context;
      for (const [name, value] of Object.entries(known.getHeaders())) context.setHeaderParam(name, value);
      const agent = known.getAgent();
      if (agent) context.setAgent(agent);
    } catch (error) {
      // The next request tries again at once.
      if (this.#applied === applied) this.#applied = undefined;
      throw error;
    }
  }

  async #apply(url: string): Promise<RequestContext> {
    const context = new RequestContext(url, HttpMethod.GET);
    await super.applySecurityAuthentication(context);
    const made = context.getAgent();
    // A proxy's agent is another class, and is left as it was made.
    if (!(made instanceof Agent) || made.constructor !== Agent) return context;
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
    return context;
  }
}
