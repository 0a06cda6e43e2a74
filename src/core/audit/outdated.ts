import { podAnnotations } from '../annotations.ts';
import type { Configuration } from '../configuration.ts';
import type { Lookup } from '../facts.ts';
import { identity, type Finding } from '../finding.ts';
import { configOf, proxiesOf } from '../inject/injected-state.ts';
import { podFinding } from '../inject/pod-finding.ts';
import { annotationPath, textAt, type Fields } from '../k8s/objects.ts';
import { sidecarName } from '../inject/sidecar.ts';
import type { Kinds } from '../kinds/index.ts';
import type { Kind, Reading } from '../kinds/reader.ts';
import { serverRef } from '../model.ts';
import { Path } from '../path.ts';
import type { ProxyServer } from '../contracts/proxy-contract.ts';
import { recreate } from './recreate.ts';
import { isSameServer } from './proxy-config-diff.ts';

/** MCP510: a pod keeps the configuration of its admission until it is replaced. */

/** The resource a running proxy's server was read from. */
export interface Origin {
  readonly kind: Kind;
  readonly name: string;
}

/** What is known of that resource now. One that is being deleted is as good as gone. */
export type OriginNow = Lookup<{ readonly reading: Reading }>;

/** The servers a pod's proxy was told of; none where there is no proxy, or one that cannot be understood. */
export const carriedServers = (pod: Fields): readonly ProxyServer[] =>
  proxiesOf(pod).flatMap(({ fields }) => configOf(fields)?.servers ?? []);

/** `mcpserverentry.toolhive.stacklok.dev/github/server`, read back; `undefined` for a kind nobody knows any more. */
export function originOf({ ref }: ProxyServer, kinds: Kinds): Origin | undefined {
  const [resource = '', name = ''] = ref.split('/');
  const [word = '', ...group] = resource.split('.');
  const [kind] = kinds.called(word, group.join('.'));
  return kind && { kind, name };
}

const atStatus = annotationPath(podAnnotations.status);

/** What is wrong with one of a pod's servers, given what its resource says now. */
export function outdatedServer(
  pod: Fields,
  server: ProxyServer,
  now: OriginNow,
  ofOperator: boolean,
): Finding | undefined {
  if (now.state === 'unknown') return undefined;
  const successor =
    now.state === 'present' ? now.reading.servers.find((one) => serverRef(one) === server.ref) : undefined;
  if (!successor)
    return podFinding(
      'MCP510',
      atStatus,
      `server ${server.name} comes from ${server.ref}, which does not exist any more`,
      'the pod still calls the server with the configuration of its admission',
      `remove the server from the annotation ${podAnnotations.servers}, then ${recreate(pod)}; to revoke the credential now, delete its Secret`,
    );
  if (isSameServer(server, successor, ofOperator)) return undefined;
  return podFinding(
    'MCP510',
    atStatus,
    `server ${server.name} comes from ${server.ref}, which has changed since the pod was admitted`,
    'the pod keeps the URL, the headers and the Secrets of its admission',
    `${recreate(pod)}; to revoke the old credential now, delete its Secret`,
  );
}

/** A proxy whose image the platform no longer names. */
export function outdatedProxy(pod: Fields, { image, acceptedImages }: Configuration['inject']): Finding[] {
  return proxiesOf(pod).flatMap(({ list, index, fields }) => {
    const runs = textAt(fields, 'image');
    if (runs === image || acceptedImages.includes(runs)) return [];
    return [
      podFinding(
        'MCP510',
        Path.fields('spec', list).item(index).field('image'),
        `${sidecarName} runs ${JSON.stringify(runs)}, which is not an image that the configuration accepts`,
        'fixes of later releases are missing in this pod',
        recreate(pod),
      ),
    ];
  });
}

/** The warning to a user who changes a resource that running pods use. `atLeast`: there may be more of them. */
export function stalePodsFinding(count: number, atLeast: boolean): Finding {
  const some = `${atLeast ? 'at least ' : ''}${count} pod${count === 1 ? '' : 's'}`;
  const [keep, its, is] = count === 1 ? ['keeps', 'its', 'it is'] : ['keep', 'their', 'they are'];
  return {
    code: 'MCP510',
    at: Path.fields('metadata', 'name'),
    what: `${some} ${keep} the configuration of ${its} admission until ${is} replaced; to revoke a credential now, delete its Secret`,
    why: 'Sallyport changes no running pod',
    fix: 'list them with sallyport audit and restart their workloads',
    identity: identity('MCP510'),
  };
}
