import { describe, expect, it, vi } from 'vitest';
import type { Fields } from '../../src/core/k8s/objects.ts';
import * as kagent from '../core/operators/kagent-world.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import { findingsIn } from '../support/findings.ts';
import { startObjectApi } from '../support/object-api.ts';
import { runSallyport } from '../support/terminal.ts';

interface Row {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly fix: string;
  readonly object: { readonly kind: string; readonly name: string };
}

/** What `audit` of a cluster with these objects says of copies, and the requests that it makes. */
async function copies(settings: object, objects: readonly object[]) {
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'sallyport', namespace: 'sallyport-system' },
    data: {
      'config.yaml': JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings }),
    },
  };
  const api = await startObjectApi([config, ...objects]);
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  const { out } = await runSallyport(['audit', '--context', 'test', '-n', 'team-a', '-o', 'json']);
  vi.unstubAllEnvs();
  expect(out).not.toContain('canary');
  const rows = findingsIn<Row>(out).filter(({ code }) => code === 'MCP513');
  return { rows, rights: api.rights };
}

const owned = (object: Fields, owner: object, more: Fields = {}): Fields => ({
  ...object,
  metadata: { ...(object['metadata'] as object), ownerReferences: [{ ...owner, controller: true }] },
  ...more,
});
const agentOwner = { apiVersion: 'kagent.dev/v1alpha2', kind: 'Agent', name: 'helper', uid: 'uid-of-helper' };

describe('a copy of a credential that Kelos keeps', () => {
  const ended = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };
  const revision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name: 'sess1-5d8f', namespace: 'team-a' },
    data: { spec: { template: kelos.agentPod() } },
    revision: 1,
  };

  it.each<[string, object, string]>([
    ['Job/task1', { ...kelos.job(), ...ended }, 'delete it: kubectl -n team-a delete job/task1; then rotate'],
    ['Job/task1', kelos.job(), 'delete it after it ends: kubectl -n team-a delete job/task1; then rotate'],
    [
      'ControllerRevision/sess1-5d8f',
      revision,
      'delete it: kubectl -n team-a delete controllerrevision/sess1-5d8f; then rotate',
    ],
    [
      'StatefulSet/sess1',
      kelos.statefulSet(),
      'have its operator write it again: kubectl -n team-a annotate session.kelos.dev/sess1 example.com/retry="$(date +%s)" --overwrite; then rotate',
    ],
  ])('is found in %s, with the command to clean up', async (name, object, fix) => {
    const { rows } = await copies(kelos.on, [object]);
    expect(rows.map(({ severity, object: { kind, name: of } }) => `${severity} ${kind}/${of}`)).toEqual([
      `warning ${name}`,
    ]);
    expect(rows[0]?.message).toContain('holds header Authorization of server github in plain text');
    expect(rows[0]?.fix.startsWith(fix), rows[0]?.fix).toBe(true);
  });

  it('is not found where the headers are harmless, or the template has the proxy', async () => {
    const harmless = kelos.serverList({ github: kelos.githubEntry({ headers: { 'X-Env': 'test' } }) });
    const withProxy = kelos.agentPod(undefined, { initContainers: [{ name: 'sallyport-proxy' }] });
    const objects = [kelos.job(kelos.agentPod(harmless)), kelos.statefulSet(withProxy)];
    expect((await copies(kelos.on, objects)).rows).toEqual([]);
  });

  it('is not looked for while its operator is switched off', async () => {
    const { rows, rights } = await copies({}, [kelos.job()]);
    expect(rows).toEqual([]);
    expect(rights.filter(({ resource }) => resource === 'jobs')).toEqual([]);
  });
});

describe("kagent's Secret of an agent", () => {
  const secret = owned(kagent.configSecret(), agentOwner);

  it('is found with the servers whose headers it holds, by its metadata alone', async () => {
    const { rows, rights } = await copies(kagent.on, [secret, kagent.agent(), kagent.linear]);
    expect(rows.map(({ object, message }) => `${object.kind}/${object.name}: ${message}`)).toEqual([
      expect.stringContaining('Secret/helper: Secret helper holds the headers of linear in plain text'),
    ]);
    expect(rows[0]?.fix).toContain('kubectl auth can-i get secrets/helper -n team-a --as USER');
    expect(rights.filter(({ resource, name }) => resource === 'secrets' && name === 'helper')).toEqual([]);
  });

  it('is found without its agent, with the command that deletes it', async () => {
    const { rows } = await copies(kagent.on, [secret]);
    expect(rows[0]?.fix).toBe('delete it: kubectl -n team-a delete secret/helper');
  });

  it('is not found where no server of the agent takes a credential, nor is any other Secret', async () => {
    const open = kagent.remoteServer('linear', { headersFrom: [] });
    const objects = [secret, kagent.agent(), open, kagent.linearToken];
    expect((await copies(kagent.on, objects)).rows).toEqual([]);
  });

  it('is not found where the agent owns it, but does not control it', async () => {
    const metadata = { ...(secret['metadata'] as object), ownerReferences: [agentOwner] };
    const objects = [{ ...secret, metadata }, kagent.agent(), kagent.linear];
    expect((await copies(kagent.on, objects)).rows).toEqual([]);
  });
});

it('a ReplicaSet without replicas is found when its template has a credential', async () => {
  const spec = {
    containers: [{ name: 'app', env: [{ name: 'GITHUB_TOKEN', value: `ghp_${'canary1234'.repeat(4)}` }] }],
  };
  const replicaSet = (name: string, replicas: number) => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'team-a' },
    spec: { replicas, template: { metadata: {}, spec } },
  });
  const { rows } = await copies(kagent.on, [replicaSet('old', 0), replicaSet('new', 2)]);
  expect(rows.map(({ object }) => object.name)).toEqual(['old']);
  expect(rows[0]?.message).toContain('at spec.template.spec.containers[0].env[0].value');
  expect(rows[0]?.fix).toBe('delete it: kubectl -n team-a delete replicaset/old; then rotate the credential');
});
