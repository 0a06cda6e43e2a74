import type { ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { ask, proxyFor, recorder, server, startUpstream, valuesOf, type Files } from './support.ts';

/** A proxy with one recording server, and short ways to ask what it does. */
export async function setUp(
  extra: Partial<ProxyServer>,
  files: Files | null,
  deletionGraceMs = 60_000,
  pollMs = 20,
) {
  const { seen, handler } = recorder();
  const upstream = await startUpstream(handler);
  const proxy = await proxyFor(server(upstream.url, extra), files, { deletionGraceMs, pollMs });
  /** The value of a header as the server sees it now, or the fault. */
  const sent = async (name: string) => {
    const answer = await ask(proxy.port);
    const fault = answer.headers['sallyport-error'];
    return fault ?? valuesOf(seen.at(-1)?.raw ?? [], name).join('|');
  };
  const ready = async () => {
    const { status, body } = await ask(proxy.adminPort, { path: '/readyz' });
    return { status, body };
  };
  return { seen, proxy, sent, ready };
}
