import { describe, expect, it } from 'vitest';
import { hasUpstream } from './folder.ts';
import { withChanges } from './outcomes.ts';
import { podProblems } from './pod-rules.ts';
import { withoutOurs } from './without-ours.ts';

const pod = {
  metadata: { name: 'agent', labels: { app: 'agent' }, annotations: { 'example.com/team': 'a' } },
  spec: {
    volumes: [{ name: 'work', emptyDir: {} }],
    initContainers: [{ name: 'mesh', image: 'mesh:1', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'agent',
        image: 'agent:1',
        env: [{ name: 'A', value: 'b' }],
        ports: [{ name: 'http', containerPort: 8080 }],
        volumeMounts: [{ name: 'work', mountPath: '/work' }],
      },
    ],
  },
};

// What the other tests here lean on has to notice things itself.
describe.skipIf(!hasUpstream)('the rules for pods', () => {
  it('find nothing in a pod the API server takes', () => {
    expect(podProblems(pod)).toEqual([]);
  });

  const container = 'spec.containers.0';
  it.each<[string, Record<string, unknown>]>([
    ['a container twice', { 'spec.initContainers.0.name': 'agent' }],
    ['a container name with a dot', { [`${container}.name`]: 'agent.one' }],
    ['a volume name over 63 characters', { 'spec.volumes.1': { name: 'v'.repeat(64), emptyDir: {} } }],
    ['a volume twice', { 'spec.volumes.1': { name: 'work', emptyDir: {} } }],
    ['a volume of no type', { 'spec.volumes.1': { name: 'empty' } }],
    [
      'a projected file outside its volume',
      {
        'spec.volumes.1': {
          name: 'p',
          projected: { sources: [{ secret: { items: [{ key: 'a', path: '../a' }] } }] },
        },
      },
    ],
    ['a mount of no volume', { [`${container}.volumeMounts.1`]: { name: 'other', mountPath: '/other' } }],
    ['two mounts at one path', { [`${container}.volumeMounts.1`]: { name: 'work', mountPath: '/work' } }],
    ['a mount at a relative path', { [`${container}.volumeMounts.0.mountPath`]: 'work' }],
    ['a variable with an equals sign', { [`${container}.env.0.name`]: 'A=B' }],
    ['a variable that is a number', { [`${container}.env.0.value`]: 7 }],
    ['port 0', { [`${container}.ports.0.containerPort`]: 0 }],
    ['port 65536', { [`${container}.ports.0.containerPort`]: 65536 }],
    ['a port name of 16 characters', { [`${container}.ports.0.name`]: 'a'.repeat(16) }],
    ['a port name without a letter', { [`${container}.ports.0.name`]: '80' }],
    ['a port twice', { [`${container}.ports.1`]: { containerPort: 8080 } }],
    ['an init container that restarts on failure', { 'spec.initContainers.0.restartPolicy': 'OnFailure' }],
    ['a main container that restarts always', { [`${container}.restartPolicy`]: 'Always' }],
    [
      'a probe on an init container that ends',
      { 'spec.initContainers.0': { name: 'one', image: 'one:1', startupProbe: {} } },
    ],
    ['annotations over 256 KiB', { 'metadata.annotations.big': 'a'.repeat(256 * 1024) }],
    ['an annotation that is no text', { 'metadata.annotations.count': 7 }],
    ["a label's value over 63 characters", { 'metadata.labels.app': 'a'.repeat(64) }],
    ['no container', { 'spec.containers': [] }],
    ['no image', { [`${container}.image`]: null }],
  ])('find %s', (_, changes) => {
    expect(podProblems(withChanges(pod, changes))).toHaveLength(1);
  });

  const added = {
    'metadata.labels': { ...pod.metadata.labels, 'sallyport.dev/injected': 'true' },
    'spec.volumes': [...pod.spec.volumes, { name: 'sallyport-a', emptyDir: {} }],
    'spec.initContainers': [{ name: 'sallyport-proxy', image: 'proxy:1' }, ...pod.spec.initContainers],
    [`${container}.env`]: [
      { name: 'SALLYPORT_MCP_CONFIG', value: 'a' },
      { name: 'A', value: 'b' },
    ],
  };

  it('see that nothing but ours was added', () => {
    expect(withoutOurs(withChanges(pod, added), pod)).toEqual(pod);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a changed field', { [`${container}.image`]: 'agent:2' }],
    ['a field taken away', { [`${container}.ports`]: null }],
    ['a variable of another name', { [`${container}.env.2`]: { name: 'NEW', value: 'a' } }],
    ['the order of variables', { [`${container}.env`]: [{ name: 'B' }, { name: 'A', value: 'b' }] }],
    ['a volume of another name', { 'spec.volumes.2': { name: 'new', emptyDir: {} } }],
    ['an annotation of another name', { 'metadata.annotations.new': 'a' }],
    ['a field nobody knows', { 'spec.ofTheFuture': true }],
  ])('see %s', (_, changes) => {
    expect(withoutOurs(withChanges(withChanges(pod, added), changes), pod)).not.toEqual(pod);
  });
});
