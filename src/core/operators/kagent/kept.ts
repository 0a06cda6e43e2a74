import { fieldsAt, listAt, textAt, type Fields } from '../../k8s/objects.ts';
import { splitApiVersion } from '../../k8s/api-version.ts';
import type { Kinds } from '../../kinds/index.ts';
import { object as lookUp, type Queries } from '../queries.ts';
import { agents, sandboxAgents, toolsOf } from './agent.ts';
import { takesCredential } from './entry.ts';
import { targetsOf } from './targets.ts';

/**
 * The servers whose headers kagent keeps in this Secret, by the metadata of the Secret and the resources of its agent;
 * `orphan` when the agent does not exist, `undefined` for any other Secret and where the resources are not known.
 */
export function* agentServersIn(
  secret: Fields,
  namespace: string,
  kinds: Kinds,
): Queries<readonly string[] | 'orphan' | undefined> {
  const metadata = fieldsAt(secret, 'metadata');
  const owner = listAt(metadata, 'ownerReferences').find((one) => one['controller'] === true);
  const { group } = splitApiVersion(textAt(owner, 'apiVersion'));
  const kind = [agents, sandboxAgents].find(
    (one) => one.kind === textAt(owner, 'kind') && one.groups.includes(group),
  );
  const name = textAt(owner, 'name');
  // The configuration has the name of its agent; an agent owns no other Secret of that name.
  if (!kind || name !== textAt(metadata, 'name')) return undefined;
  const found = yield* lookUp({ ...kind, group, namespace, name });
  if (found.state === 'absent') return 'orphan';
  if (found.state === 'unknown') return undefined;
  const tools = toolsOf(found.object as Fields, found.ref, kinds, namespace);
  if (tools === undefined) return undefined;
  const known = yield* targetsOf(tools, kinds);
  if (known.kind !== 'targets') return undefined;
  return known.targets.filter(takesCredential).map(({ server }) => server.name);
}
