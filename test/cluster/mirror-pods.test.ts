import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, pod, testNamespace } from './objects.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('mirror-pods');

beforeAll(() => kubectl.apply(namespace(ns)));

describe('a mirror of a static pod', () => {
  it('is left as the kubelet made it, whatever its labels ask for', async () => {
    const made = pod(ns, 'static', { servers: 'mcpserverentry/absent' });
    const metadata = made['metadata'] as { readonly annotations: object };
    const mirror: Manifest = {
      ...made,
      spec: { ...(made['spec'] as object), nodeName: 'somewhere' },
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, 'kubernetes.io/config.mirror': 'abc' },
      },
    };
    const args = ['create', '--dry-run=server', '-o', 'json', '-f', '-'];
    expect((await kubectl.try(args, JSON.stringify(made))).stderr).toContain('[MCP504]');
    const { stdout, stderr } = await kubectl.try(args, JSON.stringify(mirror));
    expect(stderr).toBe('');
    expect((JSON.parse(stdout) as { spec: object }).spec).not.toHaveProperty('initContainers');
  });
});
