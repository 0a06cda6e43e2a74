import type { OperatorName } from '../operators/operator-names.ts';

/** A kind of object that may hold a copy of a credential. */
export interface CopyKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  /** Of these objects only the metadata is read: the values are not needed. */
  readonly metadataOnly?: true;
  /** Only listed where one of these operators is switched on. */
  readonly operators: readonly OperatorName[];
}

const apps = { group: 'apps', version: 'v1' } as const;

/** Every kind that may hold a copy. */
export const copyKinds: readonly CopyKind[] = [
  { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', operators: ['kelos'] },
  { ...apps, plural: 'statefulsets', kind: 'StatefulSet', operators: ['kelos'] },
  { ...apps, plural: 'controllerrevisions', kind: 'ControllerRevision', operators: ['kelos'] },
  { ...apps, plural: 'replicasets', kind: 'ReplicaSet', operators: ['kelos', 'toolhive', 'kagent'] },
  {
    group: '',
    version: 'v1',
    plural: 'secrets',
    kind: 'Secret',
    metadataOnly: true,
    operators: ['kagent'],
  },
];
