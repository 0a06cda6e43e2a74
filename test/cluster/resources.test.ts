import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Kubectl, type Manifest } from './kubectl.ts';
import { fromSecret, inline, namespace, pod, secret, serverEntry, testNamespace } from './objects.ts';
import { withoutWebhooks } from './sallyport.ts';

const kubectl = new Kubectl(inject('cluster'));
const ns = testNamespace('resources');

interface Stored {
  readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly remoteUrl: string };
}
const entry = (name: string) => kubectl.get<Stored>(ns, `mcpserverentries/${name}`);

beforeAll(() => kubectl.apply(namespace(ns)));

describe('a Secret that is missing', () => {
  it('is named in what kubectl prints, with the command that creates it', async () => {
    const text = await kubectl.refused(serverEntry(ns, 'github', fromSecret('github-token', 'token')));
    expect(text).toBe(
      'Error from server (Forbidden): error when creating "STDIN": admission webhook ' +
        '"validate-mcp-resources.sallyport.dev" denied the request: MCPServerEntry sallyport-test-resources/github: 1 problem.\n' +
        '[MCP201] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: Secret sallyport-test-resources/github-token ' +
        'does not exist; requests to github would be sent without it. Fix: create it from a file with the whole header value, such as Bearer TOKEN: kubectl -n sallyport-test-resources create secret ' +
        'generic github-token --from-file=token=PATH.\n',
    );
  });

  it('is looked up anew once it is there', async () => {
    await kubectl.apply(secret(ns, 'github-token', { token: 'Bearer abc' }));
    expect(await kubectl.apply(serverEntry(ns, 'github', fromSecret('github-token', 'token')))).toContain(
      'github created',
    );
  });

  it('without the key is refused too, and a dry run only warns', async () => {
    const manifest = serverEntry(ns, 'wrong-key', fromSecret('github-token', 'tokne'));
    expect(await kubectl.refused(manifest)).toContain('[MCP202]');
    const dry = await kubectl.try(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(manifest));
    expect(dry.code).toBe(0);
    expect(dry.stderr).toContain('Warning: [MCP202]');
    expect(dry.stderr).toContain('would be denied without dry run');
  });
});

describe('a dry run', () => {
  const gone = async (what: string) =>
    expect((await kubectl.try(['get', '-n', ns, what])).stderr).toContain('NotFound');

  it('leaves no trace of what it let through', async () => {
    const manifests = [
      serverEntry(ns, 'dry', fromSecret('github-token', 'token')),
      pod(ns, 'dry', { servers: 'mcpserverentry/github' }),
    ];
    for (const manifest of manifests)
      await kubectl.run(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(manifest));
    await gone('mcpserverentry/dry');
    await gone('pod/dry');
  });

  it('of a folder with a Secret and what names it warns where both are new, and the same folder then applies', async () => {
    const empty = testNamespace('resources-empty');
    const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-folder-'));
    const text = (manifest: Manifest) => `${JSON.stringify(manifest, null, 2)}\n`;
    await writeFile(path.join(folder, '1-secret.yaml'), text(secret(empty, 'new', { token: 'Bearer abc' })));
    await writeFile(
      path.join(folder, '2-server.yaml'),
      text(serverEntry(empty, 'new', fromSecret('new', 'token'))),
    );
    await kubectl.apply(namespace(empty));

    const dry = await kubectl.try(['apply', '--dry-run=server', '-f', folder]);
    expect(dry.code).toBe(0);
    expect(dry.stderr).toBe(
      'Warning: [MCP201] spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name: ' +
        `Secret ${empty}/new does not exist (would be denied without dry run)\n`,
    );
    expect(await kubectl.run(['get', '-n', empty, 'secrets,mcpserverentries'])).toBe('');
    const { code, stderr } = await kubectl.try(['apply', '-f', folder]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await rm(folder, { recursive: true });
  });
});

describe('a credential in plain text', () => {
  const value = 'Bearer s3cr3t-s3cr3t-s3cr3t';

  it('is refused on create, on update and on patch, and never repeated', async () => {
    await kubectl.apply(serverEntry(ns, 'plain', fromSecret('github-token', 'token')));
    const created = await kubectl.refused(serverEntry(ns, 'plain-new', inline(value)));
    const updated = await kubectl.refused(serverEntry(ns, 'plain', inline(value)));
    const patch = JSON.stringify({ spec: { headerForward: inline(value) } });
    const patched = await kubectl.try([
      'patch',
      '-n',
      ns,
      'mcpserverentry',
      'plain',
      '--type=merge',
      '-p',
      patch,
    ]);
    for (const text of [created, updated, patched.stderr]) {
      expect(text).toContain('[MCP101] spec.headerForward.addPlaintextHeaders[Authorization]');
      expect(text).toMatch(/create secret generic plain(?:-new)? --from-file=Authorization=PATH/);
    }
    expect(created).not.toContain('s3cr3t');
    expect(patched.stderr).not.toContain('s3cr3t');
  });

  it('does not let apply --force delete the object that cannot be updated', async () => {
    const { uid } = (await entry('plain')).metadata;
    const forced = await kubectl.try(
      ['apply', '--force', '-f', '-'],
      JSON.stringify(serverEntry(ns, 'plain', inline(value))),
    );
    expect(forced.code).toBe(1);
    expect(forced.stderr).toContain('[MCP101]');
    expect((await entry('plain')).metadata.uid).toBe(uid);
  });

  it('that was stored before Sallyport came stays a warning until it is changed', async () => {
    await withoutWebhooks(kubectl, () => kubectl.apply(serverEntry(ns, 'old', inline(value))));
    await kubectl.run(['label', '-n', ns, 'mcpserverentry', 'old', 'team=a']);

    const elsewhere = JSON.stringify({ spec: { remoteUrl: 'https://other.example.com/mcp' } });
    const edited = await kubectl.try([
      'patch',
      '-n',
      ns,
      'mcpserverentry',
      'old',
      '--type=merge',
      '-p',
      elsewhere,
    ]);
    expect(edited.code).toBe(0);
    expect(edited.stderr).toContain('Warning: [MCP101]');
    expect(edited.stderr).toContain('already there before this change');

    const another = JSON.stringify({ spec: { headerForward: inline(`${value}-2`) } });
    const changed = await kubectl.try([
      'patch',
      '-n',
      ns,
      'mcpserverentry',
      'old',
      '--type=merge',
      '-p',
      another,
    ]);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('[MCP101]');
    const stored = await entry('old');
    expect(stored.metadata.labels).toEqual({ team: 'a' });
    expect(stored.spec.remoteUrl).toBe('https://other.example.com/mcp');
  });
});
