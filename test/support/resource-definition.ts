export const text = { type: 'string' };
export const object = (properties: object) => ({ type: 'object', properties });

/** A custom resource definition; each version has the fields of `spec`. */
export const definition = (
  group: string,
  kind: string,
  plural: string,
  versions: Readonly<Record<string, object>>,
) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    names: { kind, plural },
    versions: Object.entries(versions).map(([name, spec]) => ({
      name,
      served: true,
      schema: { openAPIV3Schema: object({ spec: object(spec) }) },
    })),
  },
});
