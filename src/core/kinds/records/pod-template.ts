import type { KindDescription, ServerShape } from '../description.ts';
import type { PathExpression, Step, Walk } from '../path/parse.ts';
import type { PodField } from '../pod-fields.ts';

/**
 * A pod inside an object, as records of the form: the same for every kind that embeds one. Source of the fields: PodSpec,
 * Container and Volume of k8s.io/api/core/v1.
 */

type PodTemplate = ServerShape['podTemplates'][number];
type Environment = ServerShape['env'][number];
type Plain = ServerShape['plain'][number];

/** The description with the records that its pod templates stand for. */
export const withPodTemplates = (description: KindDescription): KindDescription => ({
  ...description,
  servers: description.servers.map((shape) => {
    if (shape.podTemplates.length === 0) return shape;
    const { env, plain } = podTemplateRecords(shape.podTemplates);
    return { ...shape, env: [...shape.env, ...env], plain: [...shape.plain, ...plain], podTemplates: [] };
  }),
});

export const podTemplateRecords = (
  templates: readonly PodTemplate[],
): { env: Environment[]; plain: Plain[] } => ({
  env: templates.flatMap(({ each, fields, versions }) =>
    fields.flatMap((field) =>
      references(field).map(({ list, ...record }) => ({ ...record, each: below(each, list), versions })),
    ),
  ),
  plain: templates.flatMap(({ each, fields, versions }) =>
    fields.flatMap((field) => texts(each, field).map((record) => ({ ...record, versions }))),
  ),
});

const fromSecret = 'env[].valueFrom.secretKeyRef';
const fix = `store it in a Secret, read it into a variable with ${fromSecret}, and write $(NAME) where the value is now`;

/** What names a Secret or a ConfigMap, below a list. */
function references(field: PodField): (Environment & { readonly list: string })[] {
  switch (field) {
    case 'args':
    case 'command':
    case 'livenessProbe':
    case 'readinessProbe':
    case 'startupProbe':
    case 'lifecycle':
      return [];
    case 'containers':
    case 'initContainers':
    case 'ephemeralContainers':
      return [...references('env'), ...references('envFrom')].map((record) => ({
        ...record,
        list: `${field}[].${record.list}`,
      }));
    case 'env':
      return (['secret', 'configMap'] as const).map((kind) => ({
        list: 'env[]',
        [kind]: item(`valueFrom.${kind}KeyRef.name`),
        key: item(`valueFrom.${kind}KeyRef.key`),
        optional: { path: item(`valueFrom.${kind}KeyRef.optional`) },
      }));
    case 'envFrom':
      return (['secret', 'configMap'] as const).map((kind) => ({
        list: 'envFrom[]',
        [kind]: item(`${kind}Ref.name`),
        optional: { path: item(`${kind}Ref.optional`) },
      }));
    case 'volumes':
      return [
        { list: 'volumes[]', secret: item('secret.secretName'), optional: { path: item('secret.optional') } },
        {
          list: 'volumes[].projected.sources[]',
          secret: item('secret.name'),
          optional: { path: item('secret.optional') },
        },
        ...driverSecrets.map((name) => ({ list: 'volumes[]', secret: item(name) })),
      ];
    case 'imagePullSecrets':
      return [{ list: 'imagePullSecrets[]', secret: item('name'), tolerated: true }];
  }
}

/** Of volumes whose driver reads a Secret. */
const driverSecrets = [
  'csi.nodePublishSecretRef.name',
  'azureFile.secretName',
  'cephfs.secretRef.name',
  'cinder.secretRef.name',
  'flexVolume.secretRef.name',
  'iscsi.secretRef.name',
  'rbd.secretRef.name',
  'scaleIO.secretRef.name',
  'storageos.secretRef.name',
] as const;

/** What may be a credential in plain text. */
function texts(each: PathExpression, field: PodField): Plain[] {
  if (field === 'envFrom' || field === 'volumes' || field === 'imagePullSecrets') return [];
  if (field !== 'env') return [{ value: below(each, field), fix }];
  return [{ each: below(each, 'env[]'), name: item('name'), value: item('value'), instead: fromSecret }];
}

/** A template's path is one walk: the form accepts no other. */
function below({ alternatives }: PathExpression, path: string): PathExpression {
  const walk = alternatives[0] as Walk;
  return { alternatives: [{ ...walk, steps: [...walk.steps, ...stepsOf(path)] }] };
}

const item = (path: string): PathExpression => ({
  alternatives: [{ kind: 'walk', from: 'item', steps: stepsOf(path) }],
});

const stepsOf = (path: string): Step[] =>
  path
    .split('.')
    .flatMap((part): Step[] =>
      part.endsWith('[]')
        ? [{ kind: 'field', name: part.slice(0, -2) }, { kind: 'each' }]
        : [{ kind: 'field', name: part }],
    );
