import { describe, expect, it } from 'vitest';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKind } from '../../src/core/kinds/reader.ts';
import { isKeyRef, references } from '../../src/core/model.ts';
import { codesOf } from './reading.ts';

const describedWith = (podTemplates: unknown) => ({
  family: 'ours',
  group: 'tools.example.com',
  kind: 'Toolbox',
  plural: 'toolboxes',
  versions: ['v2', 'v1'],
  servers: { role: 'endpoint', name: '$.metadata.name', podTemplates },
});

function read(podTemplates: unknown, spec: object, version = 'v2') {
  const kind = compileKind(kindDescription.parse(describedWith(podTemplates)));
  return kind.read(
    { metadata: { name: 'one' }, spec },
    { group: 'tools.example.com', version, kind: 'Toolbox', namespace: 'team', name: 'one' },
  );
}

/** Every reference as `KIND NAME/KEY PLACE`, with a `?` when it may be missing. */
const referencesIn = (...given: Parameters<typeof read>): string[] =>
  read(...given)
    .servers.flatMap(references)
    .map((one) => {
      const key = isKeyRef(one) ? `/${one.key}` : '';
      return `${one.source.kind} ${one.source.name}${key}${one.optional ? '?' : ''} ${String(one.at)}`;
    })
    .toSorted();

const secret = (name: string, key: string, optional?: boolean) => ({
  name: key.toUpperCase(),
  valueFrom: { secretKeyRef: { name, key, optional } },
});
const token = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';

describe('a pod template', () => {
  const whole = [{ each: '$.spec.template.spec' }];

  it('refers to every Secret and ConfigMap of its containers, volumes and pull secrets', () => {
    const spec = {
      containers: [
        {
          env: [
            secret('a', 'one'),
            secret('b', 'two', true),
            { name: 'C', valueFrom: { configMapKeyRef: { name: 'c', key: 'three' } } },
          ],
          envFrom: [{ secretRef: { name: 'd', optional: true } }, { configMapRef: { name: 'e' } }],
        },
      ],
      initContainers: [{ env: [secret('f', 'six')] }],
      ephemeralContainers: [{ envFrom: [{ secretRef: { name: 'g' } }] }],
      volumes: [
        { name: 'plain', secret: { secretName: 'h', optional: true } },
        { name: 'both', projected: { sources: [{ secret: { name: 'i' } }, { configMap: { name: 'x' } }] } },
        { name: 'driver', csi: { driver: 'd', nodePublishSecretRef: { name: 'j' } } },
        { name: 'share', azureFile: { secretName: 'k', shareName: 's' } },
        { name: 'disk', rbd: { secretRef: { name: 'l' } } },
      ],
      imagePullSecrets: [{ name: 'm' }],
    };
    const at = 'spec.template.spec';
    expect(referencesIn(whole, { template: { spec } })).toEqual([
      `ConfigMap c/three ${at}.containers[0].env[2].valueFrom.configMapKeyRef.name`,
      `ConfigMap e ${at}.containers[0].envFrom[1].configMapRef.name`,
      `Secret a/one ${at}.containers[0].env[0].valueFrom.secretKeyRef.name`,
      `Secret b/two? ${at}.containers[0].env[1].valueFrom.secretKeyRef.name`,
      `Secret d? ${at}.containers[0].envFrom[0].secretRef.name`,
      `Secret f/six ${at}.initContainers[0].env[0].valueFrom.secretKeyRef.name`,
      `Secret g ${at}.ephemeralContainers[0].envFrom[0].secretRef.name`,
      `Secret h? ${at}.volumes[0].secret.secretName`,
      `Secret i ${at}.volumes[1].projected.sources[0].secret.name`,
      `Secret j ${at}.volumes[2].csi.nodePublishSecretRef.name`,
      `Secret k ${at}.volumes[3].azureFile.secretName`,
      `Secret l ${at}.volumes[4].rbd.secretRef.name`,
      `Secret m ${at}.imagePullSecrets[0].name`,
    ]);
  });

  it('is searched for credentials in plain text: variables, arguments and headers of probes', () => {
    const spec = {
      containers: [
        {
          env: [{ name: 'API_TOKEN', value: token }],
          args: ['--token', token],
          livenessProbe: { httpGet: { httpHeaders: [{ name: 'Authorization', value: `Bearer ${token}` }] } },
        },
      ],
    };
    expect(codesOf(read(whole, { template: { spec } }))).toEqual([
      'MCP103 spec.template.spec.containers.0.args.1',
      'MCP103 spec.template.spec.containers.0.env.0.value',
      'MCP103 spec.template.spec.containers.0.livenessProbe.httpGet.httpHeaders.0.value',
    ]);
  });

  it('may be each container of a list', () => {
    const sidecars = [{ env: [secret('a', 'one')] }, { command: ['run', `--token=${token}`] }];
    const each = [{ each: '$.spec.sidecars[]' }];
    expect(referencesIn(each, { sidecars })).toEqual([
      'Secret a/one spec.sidecars[0].env[0].valueFrom.secretKeyRef.name',
    ]);
    expect(codesOf(read(each, { sidecars }))).toContain('MCP103 spec.sidecars.1.command.1');
  });

  it('leaves out the fields that the description names', () => {
    const fields = [{ each: '$.spec', without: ['env'] }];
    const spec = { env: { A: 'a map' }, volumes: [{ secret: { secretName: 'a' } }] };
    expect(referencesIn(fields, spec)).toEqual(['Secret a spec.volumes[0].secret.secretName']);
    expect(read(fields, spec).mismatches).toEqual([]);
  });

  it('is read only in its versions', () => {
    const later = [{ each: '$.spec', versions: ['v2'] }];
    const spec = { imagePullSecrets: [{ name: 'a' }] };
    expect(referencesIn(later, spec)).toHaveLength(1);
    expect(referencesIn(later, spec, 'v1')).toEqual([]);
  });

  it.each([
    ['two places', { each: '$.spec.a | $.spec.b' }, 'a pod template has one path'],
    ['a literal', { each: "'spec'" }, 'a pod template has one path'],
    ['a field that a pod does not have', { each: '$.spec', without: ['sidecars'] }, 'Invalid option'],
    ['an empty list of fields', { each: '$.spec', without: [] }, 'Too small'],
  ])('is refused with %s', (_, record, problem) => {
    const { error } = kindDescription.safeParse(describedWith([record]));
    expect(error?.issues.map(({ message }) => message).join()).toContain(problem);
  });
});
