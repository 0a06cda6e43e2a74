import { isFields, listAt, textAt, fieldsAt } from '../k8s/objects.ts';

/** Custom resource definitions, as far as a coverage report needs them. Source: k8s.io/apiextensions-apiserver, v1. */

/** A structural schema: the parts that say which values a field can hold. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

export interface Definition {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** The served versions. */
  readonly versions: readonly DefinedVersion[];
}

export interface DefinedVersion {
  readonly name: string;
  readonly schema: Schema;
}

/** `undefined` for an object that is no CustomResourceDefinition. A version without a schema accepts everything. */
export function readDefinition(object: unknown): Definition | undefined {
  if (textAt(object, 'kind') !== 'CustomResourceDefinition') return undefined;
  const spec = fieldsAt(object, 'spec');
  const names = fieldsAt(spec, 'names');
  const versions = listAt(spec, 'versions')
    .filter((version) => version['served'] === true)
    .map((version) => {
      const schema = fieldsAt(version, 'schema')['openAPIV3Schema'];
      return { name: textAt(version, 'name'), schema: isFields(schema) ? schema : open };
    });
  return {
    group: textAt(spec, 'group'),
    kind: textAt(names, 'kind'),
    plural: textAt(names, 'plural'),
    versions,
  };
}

export const definitionsIn = (objects: readonly unknown[]): readonly Definition[] =>
  objects.map(readDefinition).filter((one) => one !== undefined);

const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
