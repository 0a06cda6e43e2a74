import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { auditLog, withFragment } from './control-plane.ts';
import { kelos, job, statefulSet, type Made } from './kelos.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, secret, testNamespace } from './objects.ts';
import { until } from './processes.ts';

/**
 * What the API server's audit log keeps of Kelos's objects. The policy of this API server has the rules of
 * manifests/audit-policy for one namespace; elsewhere it is at level RequestResponse.
 */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const without = testNamespace('audit-policy');
const namespaces = [without, withFragment] as const;
const token = randomBytes(16).toString('hex');

interface AuditEvent {
  readonly level: string;
  readonly verb: string;
  readonly objectRef?: {
    readonly namespace?: string;
    readonly resource?: string;
    readonly subresource?: string;
  };
}

/** The events of a namespace; `text` is how the log has it. */
async function events(of: string): Promise<readonly (AuditEvent & { readonly text: string })[]> {
  const lines = (await readFile(auditLog(cluster.logs ?? ''), 'utf8')).split('\n');
  return lines
    .filter((line) => line !== '')
    .map((text) => ({ ...(JSON.parse(text) as AuditEvent), text }))
    .filter(({ objectRef }) => objectRef?.namespace === of);
}

/** Without the resource that it is made for, which the garbage collector would miss. */
function withoutOwner(object: Manifest): Manifest {
  const { ownerReferences: _, ...metadata } = object['metadata'] as Record<string, unknown>;
  return { ...object, metadata };
}
const made = (of: string, name: string, kind: Made['maker']['kind']): Made => ({
  release: kelos,
  namespace: of,
  name,
  maker: { kind, name, uid: '' },
  servers: {
    github: { type: 'http', url: 'https://mcp.example.com/', headers: { Authorization: `Bearer ${token}` } },
  },
});

const { logs } = cluster;
if (logs === undefined)
  console.warn("SKIPPED: the audit policy's rules: this cluster's files are not on this machine");

describe.skipIf(logs === undefined)("the API server's audit log of Kelos's objects", () => {
  beforeAll(async () => {
    for (const of of namespaces) {
      await kubectl.apply(namespace(of));
      await kubectl.apply(
        secret(of, 'github-headers', { Authorization: `Bearer ${token}` }),
        withoutOwner(job(made(of, 'task1', 'Task'))),
        withoutOwner(statefulSet(made(of, 'sess1', 'Session'))),
      );
      await kubectl.run(['get', '-n', of, 'secrets,jobs,statefulsets,controllerrevisions', '-o', 'yaml']);
      // Controllers send the objects too.
      await until('the controllers', 60, async () => {
        const seen = (await events(of)).map(({ verb, objectRef }) =>
          [verb, objectRef?.resource, objectRef?.subresource].join(' '),
        );
        const awaited = ['create pods ', 'create controllerrevisions ', 'update jobs status'];
        return awaited.every((one) => seen.includes(one)) ? true : undefined;
      });
    }
  }, 150_000);
  afterAll(async () => {
    for (const of of namespaces) await kubectl.run(['delete', 'namespace', of, '--wait=false']);
  });

  it('has the token in requests and responses at level RequestResponse', async () => {
    const holding = (await events(without)).filter(({ text }) => text.includes(token));
    const resources = holding.map(({ objectRef }) => objectRef?.resource);
    expect(resources).toEqual(
      expect.arrayContaining(['controllerrevisions', 'jobs', 'pods', 'statefulsets']),
    );
  });

  it('has the requests without the token with the rules of manifests/audit-policy', async () => {
    const all = await events(withFragment);
    expect(all.filter(({ text }) => text.includes(token)).map(({ text }) => text.slice(0, 300))).toEqual([]);
    const jobs = all.filter(({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'jobs');
    expect(jobs.map(({ level }) => level)).toEqual(['Metadata']);
  });
});
