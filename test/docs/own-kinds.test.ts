import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { findingsIn } from '../support/findings.ts';
import { runSallyport } from '../support/terminal.ts';

/** docs/own-kinds.md, followed as a reader follows it: its files are written, and its commands are run in their folder. */
const page = readFileSync(fileURLToPath(new URL('../../docs/own-kinds.md', import.meta.url)), 'utf8');

const files = new Map(
  [...page.matchAll(/^`([\w.-]+)`:\n\n```yaml\n([^]*?)^```$/gm)].map(([, name = '', text = '']) => [
    name,
    text,
  ]),
);
const addition =
  /^below `servers`:\n\n<!-- prettier-ignore -->\n```yaml\n([^]*?)^```$/m.exec(page)?.[1] ?? '';
const [shown, again] = [...page.matchAll(/^```console\n\$ sallyport (.*)\n([^]*?)^```$/gm)].map(
  ([, call = '', output = '']) => ({ words: call.split(' '), output }),
);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sallyport-own-kinds-'));
  for (const [name, text] of files) writeFileSync(path.join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Files are named as in the page, without the folder that the test has made. */
async function run(words: readonly string[]) {
  const inFolder = words.map((word) => (files.has(word) ? path.join(folder, word) : word));
  const { code, out, err } = await runSallyport(inFolder);
  return { code, out: out.replaceAll(`${folder}/`, ''), err: err.replaceAll(`${folder}/`, '') };
}

describe('docs/own-kinds.md', () => {
  it('has the files and commands of its steps', () => {
    expect([...files.keys()]).toEqual([
      'bridge.yaml',
      'bridges.yaml',
      'sallyport.yaml',
      'kustomization.yaml',
    ]);
  });

  it('shows what the first description reads', async () => {
    expect(await run(shown?.words ?? [])).toEqual({ code: 0, out: shown?.output, err: '' });
  });

  it('reads everything with the addition', async () => {
    writeFileSync(path.join(folder, 'bridges.yaml'), `${files.get('bridges.yaml')}${addition}`);
    expect(await run(again?.words ?? [])).toEqual({ code: 0, out: again?.output, err: '' });
  });

  it('finds what is wrong with the object', async () => {
    const [, call = ''] = /^sallyport (lint .*)$/m.exec(page) ?? [];
    const { code, out } = await run([...call.split(' '), '-o', 'json']);
    expect(code).toBe(1);
    expect(
      findingsIn<{ code: string; path: string }>(out).map(({ code: of, path: at }) => `${of} ${at}`),
    ).toEqual(['MCP201 spec.headers[1].secretRef.name', 'MCP201 spec.trust.caSecret']);
  });

  it('prints what the cluster needs', async () => {
    const objects = await run(['kinds', 'manifests', 'sallyport.yaml']);
    const kinds = parseAllDocuments(objects.out).map((one) => (one.toJS() as { kind: string }).kind);
    expect(kinds).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'ClusterRole',
      'ClusterRoleBinding',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ]);
    const patch = await run(['kinds', 'manifests', 'sallyport.yaml', '--webhook-patch']);
    expect(patch.out).toContain('path: /webhooks/0/rules/-');
  });
});
