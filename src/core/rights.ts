import { inGroup } from './model.ts';
import { shownName } from './printable.ts';

/** What RBAC grants: one verb on one resource. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty for what belongs to no namespace. */
  readonly namespace: string;
}

/** A right that the API server refused. */
export interface MissingRight extends Right {
  /** Who has no such right, as RBAC names them; left out when the API server did not say. */
  readonly user?: string;
}

const serviceAccountOf = (user: string): string | undefined => {
  const [system, type, namespace, name] = user.split(':');
  return system === 'system' && type === 'serviceaccount' ? `${namespace}/${name}` : undefined;
};

function subjectOf(user: string): string {
  const account = serviceAccountOf(user);
  return account === undefined ? `user ${shownName(user)}` : `service account ${shownName(account)}`;
}

const within = (namespace: string): string =>
  namespace === '' ? 'in the whole cluster' : `in namespace ${shownName(namespace)}`;

/** `service account sallyport/sallyport may not get agents.kagent.dev in namespace team-a` */
export function refusedRight({ verb, group, resource, namespace, user }: MissingRight): string {
  const subject = user === undefined ? 'Sallyport' : subjectOf(user);
  return `${subject} may not ${verb} ${inGroup(resource, group)} ${within(namespace)}`;
}

/** What to do about it, with the rule of a ClusterRole that grants the right. */
export function grantOf({ verb, group, resource, namespace, user }: MissingRight): string {
  const rule = JSON.stringify({ apiGroups: [group], resources: [resource], verbs: [verb] });
  const subject = user === undefined ? "Sallyport's service account" : subjectOf(user);
  return `ask your platform team to bind a ClusterRole with the rule ${rule} to ${subject} ${within(namespace)}`;
}
