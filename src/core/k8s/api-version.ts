import type { ObjectRef } from '../model.ts';

/** Splits `toolhive.stacklok.dev/v1beta1`; the core group is empty. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export const apiVersionOf = ({ group, version }: Pick<ObjectRef, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;
