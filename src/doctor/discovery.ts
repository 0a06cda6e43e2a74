import { listAt, textAt } from '../core/k8s/objects.ts';
import { type DoctorClient } from './examination.ts';

/** What the cluster serves, from the API server's discovery. */

/** The API groups with their versions; the core group is not among them. `undefined` if they cannot be read. */
export async function servedGroups({
  get,
}: Pick<DoctorClient, 'get'>): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const answer = await get('/apis').catch(() => undefined);
  if (answer?.code !== 200) return undefined;
  return new Map(
    listAt(answer.body, 'groups').map((group) => [
      textAt(group, 'name'),
      listAt(group, 'versions').map((version) => textAt(version, 'version')),
    ]),
  );
}

/** The plurals of a group and version, without subresources; empty if they cannot be read. */
export async function servedResources(
  { get }: Pick<DoctorClient, 'get'>,
  group: string,
  version: string,
): Promise<ReadonlySet<string>> {
  const answer = await get(`/apis/${group}/${version}`).catch(() => undefined);
  const names = listAt(answer?.body, 'resources').map((resource) => textAt(resource, 'name'));
  return new Set(names.filter((name) => name !== '' && !name.includes('/')));
}
