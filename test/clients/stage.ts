import { inject } from 'vitest';
import { sdks, type SdkName } from './matrix.ts';
import { killAll, Peer, type Program } from './peer.ts';
import { credential, digest, Sidecar, type Route } from './sidecar.ts';
import { Tap } from './tap.ts';

/** One server of one SDK, as the tests see it: what it says, and the line to it. */
export interface Upstream {
  readonly peer: Peer;
  readonly tap: Tap;
}

/** All servers behind one proxy. */
export interface Stage {
  readonly sidecar: Sidecar;
  readonly upstreams: ReadonlyMap<SdkName, Upstream>;
  readonly stop: () => Promise<void>;
}

/** Why an SDK cannot be tried on this machine. */
export function missing(...names: SdkName[]): string | undefined {
  const found = inject('toolchains');
  for (const name of names) {
    const one = found[name];
    if ('missing' in one) return one.missing;
  }
  return undefined;
}

export function programOf(name: SdkName, role: 'client' | 'server'): Program {
  const one = inject('toolchains')[name];
  if ('missing' in one) throw new Error(one.missing);
  return one[role];
}

export async function startUpstream(name: SdkName, env: Record<string, string> = {}): Promise<Upstream> {
  const accepted = [credential.first, credential.second].map(digest).join(',');
  const peer = new Peer(`the ${sdks[name].title} server`, programOf(name, 'server'), {
    ACCEPTED: accepted,
    ...env,
  });
  const { port } = await peer.next({ event: 'listening' });
  return { peer, tap: await Tap.start(Number(port)) };
}

/** A proxy before these servers, with the routes `routesOf` gives each. */
export async function startStage(
  names: readonly SdkName[],
  env: Record<string, string>,
  routesOf: (name: SdkName, port: number) => Route[],
): Promise<Stage> {
  const upstreams = new Map<SdkName, Upstream>();
  const clear = async () => {
    await killAll();
    for (const { tap } of upstreams.values()) tap.close();
  };
  try {
    for (const name of names) upstreams.set(name, await startUpstream(name, env));
    const routes = [...upstreams].flatMap(([name, { tap }]) => routesOf(name, tap.port));
    const sidecar = await Sidecar.start(routes);
    return {
      sidecar,
      upstreams,
      async stop() {
        await clear();
        await sidecar.stop();
      },
    };
  } catch (error) {
    await clear();
    throw error;
  }
}
