import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import { runSallyport } from '../support/terminal.ts';
import {
  asYaml,
  labelledPod,
  operationsOf,
  remoteProxy,
  reviewOf,
  secret,
  tempFolder,
} from '../support/webhook.ts';

function folderWith(...objects: object[]): string {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'cluster.yaml'), asYaml(objects));
  return folder;
}
const responseIn = (text: string) => (JSON.parse(text) as { response: AdmissionResponse }).response;
const review = { stdin: JSON.stringify(reviewOf(remoteProxy())) };

describe('sallyport review', () => {
  it('answers as the webhook would, and ends with 1 when the answer is a denial', async () => {
    const { code, out, err } = await runSallyport(['review', '-', '--cluster', folderWith()], review);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(responseIn(out)).toMatchObject({ allowed: false, status: { code: 403, reason: 'Forbidden' } });
    const good = folderWith(secret('github-token', { token: 'x' }));
    const allowed = await runSallyport(['review', '-', '--cluster', good], review);
    expect(allowed.code).toBe(0);
    expect(JSON.parse(allowed.out)).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'd9b1c9b0-0000-4000-8000-000000000001', allowed: true },
    });
  });

  it('reads a file', async () => {
    const file = path.join(tempFolder(), 'review.json');
    writeFileSync(file, review.stdin);
    expect((await runSallyport(['review', file, '--cluster', folderWith()])).code).toBe(1);
  });

  it('answers a pod with its patch', async () => {
    const stdin = JSON.stringify(reviewOf(labelledPod('mcpremoteproxy/github')));
    const { code, out } = await runSallyport(['review', '-', '--cluster', folderWith(remoteProxy())], {
      stdin,
    });
    expect(code).toBe(0);
    expect(operationsOf(responseIn(out)).length).toBeGreaterThan(5);
  });

  it('without a cluster says that nothing was checked', async () => {
    const { code, out } = await runSallyport(['review', '-'], review);
    expect(code).toBe(0);
    expect(responseIn(out).warnings).toEqual([
      expect.stringMatching(/^\[MCP203\].*no cluster is given; add --cluster DIR or --context NAME$/),
    ]);
  });

  it.each<[string, readonly string[], string, string]>([
    [
      'no file',
      [],
      '',
      'sallyport review needs exactly one file, or - for standard input (sallyport review --help)\n',
    ],
    [
      'two files',
      ['a', 'b'],
      '',
      'sallyport review takes exactly one file, or - for standard input, but got "b" too (sallyport review --help)\n',
    ],
    ['a file that is not there', ['/nowhere.json'], '', 'sallyport: /nowhere.json: no such file or folder\n'],
    ['a folder', ['/'], '', 'sallyport: /: cannot be read (EISDIR)\n'],
    ['YAML', ['-'], 'kind: AdmissionReview', 'sallyport: -: the AdmissionReview is not valid JSON\n'],
    ['nothing', ['-'], '', 'sallyport: -: the AdmissionReview is not valid JSON\n'],
    [
      'another object',
      ['-'],
      '{}',
      'sallyport: -: apiVersion and kind must be admission.k8s.io/v1 and AdmissionReview\n',
    ],
    [
      'a review without a request',
      ['-'],
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
      'sallyport: -: request is missing\n',
    ],
    [
      'two clusters',
      ['-', '--cluster', '.', '--context', 'kind'],
      review.stdin,
      'sallyport review: --cluster and --context exclude each other (sallyport review --help)\n',
    ],
    [
      'a cluster that is not there',
      ['-', '--cluster', '/nowhere'],
      review.stdin,
      'sallyport: /nowhere: no such file or folder\n',
    ],
  ])('ends with 2 and one line for %s', async (_what, args, stdin, message) => {
    expect(await runSallyport(['review', ...args], { stdin })).toEqual({ code: 2, out: '', err: message });
  });
});
