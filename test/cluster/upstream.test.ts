import { beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createAuthority } from '../../src/certs/issue.ts';
import { fieldsAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { hasUpstream, upstreamText } from '../upstream/folder.ts';
import { rows, secretsOf, type Review, type Row } from '../upstream/outcomes.ts';
import { knownKinds } from './crds.ts';
import { reported } from './answers.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, testNamespace } from './objects.ts';
import type { Ran } from './processes.ts';
import { tlsKeys } from './secure-upstream.ts';

if (!hasUpstream)
  console.warn(
    'SKIPPED: SALLYPORT_UPSTREAM is not set, so no real manifest was applied to a real API server',
  );

const kubectl = new Kubectl(inject('cluster'));
const kinds = await knownKinds();

/** Examples as they are shipped, and resources as they were recorded: a namespace each, so that no row meets another. */
interface Case {
  readonly row: Row;
  readonly ns: string;
  readonly objects: readonly Fields[];
  readonly families: readonly string[];
}

/** An example with fields of a later release than the definitions we have: the API server's own schema refuses it. */
const refusedBySchema: ReadonlySet<string> = new Set([
  'examples/kagent/modelconfig-with-tls.yaml',
  'examples/kagent-1/modelconfig-non-streaming.yaml',
]);

const cases: readonly Case[] = hasUpstream
  ? rows
      .filter(asItCame)
      .map((row) => ({ row, objects: objectsOf(row) }))
      .map(({ row, objects }) => ({ row, objects, families: objects.flatMap(familyOf) }))
      .filter(({ families }) => families.length > 0)
      .map((one, i) => ({ ...one, ns: testNamespace(`upstream-${i}`) }))
  : [];

/** A cluster holds all there is, so of an example's two rows it is the one that counts the files as everything. */
function asItCame({ door, file, complete, put, before, dryRun, ask }: Row): boolean {
  if (refusedBySchema.has(file)) return false;
  if (door === 'lint') return complete;
  return door === 'review' && Object.keys(put).length === 0 && !before && !dryRun && ask === undefined;
}

function objectsOf({ door, file }: Row): readonly Fields[] {
  return door === 'review' ? [(JSON.parse(upstreamText(file)) as Review).request.object] : manifestsOf(file);
}

function manifestsOf(file: string): readonly Fields[] {
  return parseAllDocuments(upstreamText(file))
    .map((document) => document.toJS() as Fields | null)
    .filter((object) => object !== null);
}

function familyOf(object: Fields): readonly string[] {
  return kinds
    .filter(({ group, kind }) => textAt(object, 'kind') === kind && groupOf(object) === group)
    .map(({ family, group, kind }) => `${family}: ${kind}.${group}`);
}

function groupOf(object: Fields): string {
  return textAt(object, 'apiVersion').replace(/\/.*/, '');
}

/** What its author wrote, in a namespace of ours. */
function written(object: Fields, ns: string): Manifest {
  const { status: _, ...rest } = object;
  const metadata = fieldsAt(object, 'metadata');
  // The examples are of kagent's main branch and its definitions of a release, where the same fields have this version.
  const apiVersion = textAt(object, 'apiVersion').replace(/^kagent\.dev\/v1alpha3$/, 'kagent.dev/v1alpha2');
  const kept = ['name', 'labels', 'annotations'].flatMap((key) =>
    key in metadata ? [[key, metadata[key]]] : [],
  );
  return { ...rest, apiVersion, metadata: { ...Object.fromEntries(kept), namespace: ns } };
}

/** Fields that came after the release are in what was recorded; the API server drops them when kubectl lets it. */
const applied = ({ row, objects, ns }: Case): Promise<Ran> =>
  kubectl.tryApply(
    objects.map((object) => written(object, ns)),
    ...(row.door === 'review' ? ['--validate=false'] : []),
  );

beforeAll(async () => {
  if (!hasUpstream) return;
  const authority = await createAuthority('upstream');
  const pair = tlsKeys(await authority.issue({ commonName: 'client', names: [], usage: 'client' }));
  await kubectl.apply(
    ...cases.flatMap(({ row, ns }) => [
      namespace(ns),
      ...secretsOf(row.secrets, { ...pair, 'ca.crt': authority.certificate }).map((made) => ({
        ...made,
        metadata: { ...fieldsAt(made, 'metadata'), namespace: ns },
      })),
    ]),
  );
});

describe.skipIf(!hasUpstream)('real manifests, with the definitions of those who made them', () => {
  it.each([...refusedBySchema])('%s is refused by the schema before anybody asks us', async (file) => {
    const ns = testNamespace('newer');
    await kubectl.apply(namespace(ns));
    const { code, stderr } = await kubectl.tryApply(manifestsOf(file).map((object) => written(object, ns)));
    expect(code).toBe(1);
    expect(stderr).toContain('strict decoding error: unknown field');
  });

  it('are there of every family', () => {
    expect(cases.length).toBeGreaterThanOrEqual(12);
    expect(cases.flatMap(({ families }) => families)).toEqual(
      expect.arrayContaining([
        'kagent: RemoteMCPServer.kagent.dev',
        'kelos: AgentConfig.kelos.dev',
        'kmcp: MCPServer.kagent.dev',
        'toolhive: MCPRemoteProxy.toolhive.stacklok.dev',
        'toolhive: MCPServerEntry.toolhive.stacklok.dev',
      ]),
    );
  });

  it.concurrent.each(cases.map((one) => [one.row.name, one] as const))('%s', async (_, one) => {
    const { code, stderr } = await applied(one);
    const admitted = one.row.expect === 'passes' || one.row.expect === 'allowed';
    const { errors, warnings } = reported(stderr);
    // A row has them by place, and the API server shows warnings apart from the denial.
    expect({ code, findings: [...errors, ...warnings].toSorted() }, stderr).toEqual({
      code: admitted ? 0 : 1,
      findings: one.row.findings.toSorted(),
    });
  });
});

describe.skipIf(!hasUpstream)('what a person reads when a real manifest is denied', () => {
  const denial = async (name: string) => {
    const one = cases.find(({ row }) => row.name === name);
    if (!one) throw new Error(`no row is called ${name}`);
    const { stderr } = await applied(one);
    return stderr.replaceAll(one.ns, 'team-a');
  };
  const start =
    'Error from server (Forbidden): error when creating "STDIN": admission webhook ' +
    '"validate-mcp-resources.sallyport.dev" denied the request: ';

  it('says which Secret is missing, and the command that creates it', async () => {
    expect(await denial('an entry whose Secret is not in the file fails when the files are everything')).toBe(
      `${start}MCPServerEntry team-a/internal-api: 1 problem.\n` +
        '[MCP201] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: Secret ' +
        'team-a/internal-api-credentials does not exist; requests to internal-api would be sent without it. Fix: ' +
        'create it from a file with the whole header value, such as Bearer TOKEN: kubectl -n team-a create secret generic internal-api-credentials --from-file=bearer-token=PATH.\n',
    );
  });

  it('says which key is missing', async () => {
    expect(
      await denial(
        'a remote server with a header from a Secret and a literal one is denied when its Secret lacks the key',
      ),
    ).toBe(
      `${start}RemoteMCPServer team-a/linear: 1 problem.\n` +
        '[MCP202] spec.headersFrom[0].valueFrom.key: Secret team-a/linear-token has no key "token"; requests to ' +
        'linear would be sent without it. Fix: refer to a key that it has, or add this key under stringData with the whole ' +
        'header value, such as Bearer TOKEN: ' +
        'kubectl -n team-a edit secret linear-token.\n',
    );
  });

  it('says what a client certificate lacks', async () => {
    expect(
      await denial('a kmcp server with a client certificate is denied when its Secret lacks the key'),
    ).toBe(
      `${start}MCPServer team-a/test-mcp: 1 problem.\n` +
        '[MCP401] spec.httpTransport.tls.secretRef: Secret team-a/test-tls-client has no tls.key; test-mcp receives ' +
        'no valid client certificate. Fix: store certificate and key: kubectl -n team-a create secret tls ' +
        'test-tls-client --cert=PATH --key=PATH --dry-run=client -o yaml | kubectl apply -f -.\n',
    );
  });
});
