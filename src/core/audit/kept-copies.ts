import { credentialReason, type CredentialNames } from '../credentials/index.ts';
import { identity, type Finding } from '../finding.ts';
import { hasProxy } from '../inject/injected-state.ts';
import { plainInPod } from '../inject/plain-in-pod.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../k8s/objects.ts';
import type { Kinds } from '../kinds/index.ts';
import { inGroup } from '../model.ts';
import { splitApiVersion } from '../k8s/api-version.ts';
import { agentServersIn } from '../operators/kagent/kept.ts';
import { writtenHeaders } from '../operators/kelos/kelos.ts';
import type { Queries } from '../operators/queries.ts';
import { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { shellName } from '../shell.ts';

/** MCP513: objects besides pods in which an operator, or Kubernetes for it, keeps a copy of a credential. */

/** The copy that an object holds; `undefined` when it holds none. */
export function* copyIn(
  object: Fields,
  kind: string,
  namespace: string,
  { kinds, names }: { readonly kinds: Kinds; readonly names: CredentialNames },
): Queries<Finding | undefined> {
  const name = textAt(fieldsAt(object, 'metadata'), 'name');
  const command = (verb: string, what: string) =>
    `kubectl -n ${shellName(namespace)} ${verb} ${what}/${shellName(name)}`;
  if (kind === 'Secret') {
    const servers = yield* agentServersIn(object, namespace, kinds);
    if (servers === undefined) return undefined;
    if (servers === 'orphan')
      return copy(
        kind,
        name,
        "holds the configuration of an agent that does not exist, with its servers' headers in plain text",
        `delete it: ${command('delete', 'secret')}`,
      );
    if (servers.length === 0) return undefined;
    return copy(
      kind,
      name,
      `holds the headers of ${shown(servers)} in plain text: kagent writes them into config.json while the agent exists`,
      `check who may read it: kubectl auth can-i get secrets/${shellName(name)} -n ${shellName(namespace)} --as USER. kagent deletes the Secret with the agent; after a rotation it holds the old value until kagent writes it again`,
    );
  }
  const pod = podOf(object, kind);
  if (hasProxy(pod)) return undefined;
  const headers = writtenHeaders(pod).filter(
    ({ header, value }) => credentialReason(header, value, names) !== undefined,
  );
  const [first] = headers;
  if (first) {
    const what = `holds header ${shownName(first.header)} of server ${shownName(first.server)} in plain text`;
    const more = headers.length > 1 ? ` (and ${headers.length - 1} more)` : '';
    return copy(kind, name, what + more, cleanUp(object, kind, namespace, command));
  }
  if (kind !== 'ReplicaSet' || fieldsAt(object, 'spec')['replicas'] !== 0) return undefined;
  const [plain] = plainInPod(pod, names);
  return (
    plain &&
    copy(
      kind,
      name,
      `is unused and holds a credential in plain text at spec.template.${String(plain.at)}`,
      `delete it: ${command('delete', 'replicaset')}; then rotate the credential`,
    )
  );
}

const maxShown = 5;
const shown = (servers: readonly string[]): string =>
  `${servers.slice(0, maxShown).map(shownName).join(', ')}${servers.length > maxShown ? ` and ${servers.length - maxShown} more` : ''}`;

/** The pod template that the object keeps, with its metadata. */
function podOf(object: Fields, kind: string): Fields {
  const holder = kind === 'ControllerRevision' ? fieldsAt(object, 'data') : object;
  return fieldsAt(fieldsAt(holder, 'spec'), 'template');
}

function cleanUp(
  object: Fields,
  kind: string,
  namespace: string,
  command: (verb: string, what: string) => string,
): string {
  const rotate = '; then rotate the credential';
  if (kind === 'ControllerRevision') return `delete it: ${command('delete', 'controllerrevision')}${rotate}`;
  if (kind === 'ReplicaSet') return `delete it: ${command('delete', 'replicaset')}${rotate}`;
  if (kind === 'Job') {
    const ended = listAt(fieldsAt(object, 'status'), 'conditions').some(
      (one) => ['Complete', 'Failed'].includes(textAt(one, 'type')) && textAt(one, 'status') === 'True',
    );
    const remove = command('delete', 'job');
    return ended ? `delete it: ${remove}${rotate}` : `delete it after it ends: ${remove}${rotate}`;
  }
  const owner = listAt(fieldsAt(object, 'metadata'), 'ownerReferences').find(
    (one) => one['controller'] === true,
  );
  const { group } = splitApiVersion(textAt(owner, 'apiVersion'));
  const of = inGroup(textAt(owner, 'kind').toLowerCase(), group);
  return `have its operator write it again: kubectl -n ${shellName(namespace)} annotate ${shellName(of)}/${shellName(textAt(owner, 'name'))} example.com/retry="$(date +%s)" --overwrite${rotate}`;
}

const copy = (kind: string, name: string, what: string, fix: string): Finding => ({
  code: 'MCP513',
  at: Path.root,
  what: `${kind} ${shownName(name)} ${what}`,
  why: 'every user who may read it, and every backup of etcd, has the credential',
  fix,
  identity: identity('MCP513', kind, name),
});
