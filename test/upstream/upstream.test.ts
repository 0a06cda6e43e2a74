import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createAuthority } from '../../src/certs/issue.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { podIn, withPod } from '../../src/core/k8s/pod-template.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { decodeProxyConfig, proxyEnv } from '../../src/core/contracts/proxy-contract.ts';
import { runSallyport } from '../support/terminal.ts';
import { hasUpstream, upstreamFiles, upstreamPath, upstreamText } from './folder.ts';
import { asking, changedReview, rows, secretsOf, servers, type Review, type Row } from './outcomes.ts';
import { podProblems } from './pod-rules.ts';
import { withoutOurs } from './without-ours.ts';
import { findingsIn } from '../support/findings.ts';

if (!hasUpstream)
  console.warn(
    'SKIPPED: SALLYPORT_UPSTREAM is not set, so nothing was checked against real manifests and recorded reviews',
  );

const temporary: string[] = [];
let pair: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  const authority = await createAuthority('upstream');
  const client = await authority.issue({ commonName: 'client', names: [], usage: 'client' });
  pair = { 'tls.crt': client.certificate, 'tls.key': client.key, 'ca.crt': authority.certificate };
});
afterAll(() => {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
});

/** A folder with these objects, as a cluster or as files. */
function folderWith(objects: readonly Fields[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-upstream-'));
  temporary.push(folder);
  for (const [i, object] of objects.entries())
    writeFileSync(path.join(folder, `${i}.json`), JSON.stringify(object), { mode: 0o600 });
  return folder;
}

interface Answer {
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly message: string; readonly details?: Details };
  readonly warnings?: readonly string[];
  readonly patch?: string;
}
interface Details {
  readonly causes: readonly { readonly reason: string; readonly field: string }[];
}

async function answer(review: object, cluster: string): Promise<Answer> {
  const { out, err } = await runSallyport(['review', '-', '--cluster', cluster], {
    stdin: JSON.stringify(review),
  });
  expect(err).toBe('');
  return (JSON.parse(out) as { response: Answer }).response;
}

/** Denials first, then warnings, each `CODE path`. */
const reported = ({ status, warnings = [] }: Answer): string[] => [
  ...(status?.details?.causes ?? []).map(({ reason, field }) => `${reason} ${field}`),
  ...warnings.map((line) => line.replace(/^\[(MCP\d+)\] (.+?): .*$/, '$1 $2')),
];

const recorded = (file: string): Review => JSON.parse(upstreamText(file)) as Review;
const isPod = ({ request }: Review): boolean => textAt(request.object, 'kind') === 'Pod';

async function lintRow({ file, complete }: Row) {
  const { code, out, err } = await runSallyport([
    'lint',
    '-o',
    'json',
    ...(complete ? ['--complete'] : []),
    upstreamPath(file),
  ]);
  expect(err).toBe('');
  const findings = findingsIn<{ code: string; path: string }>(out).map((one) => `${one.code} ${one.path}`);
  return { expect: code === 0 ? 'passes' : 'fails', findings };
}

async function reviewRow(row: Row) {
  const review = changedReview(recorded(row.file), row);
  const cluster = folderWith([...secretsOf(row.secrets, pair), ...(row.ask === undefined ? [] : servers)]);
  const response = await answer(review, cluster);
  if (response.status?.code === 400) {
    expect(response.status.message).toMatch(/^Sallyport does not know \S+ \(resource \S+\); \w/);
    return { expect: 'refused', findings: [] };
  }
  const findings = reported(response);
  if (!response.allowed) {
    expect(response.status?.code).toBe(403);
    return { expect: 'denied', findings };
  }
  if (!isPod(review)) return { expect: 'allowed', findings };
  if (response.patch === undefined) return { expect: 'left alone', findings };

  const operations = JSON.parse(Buffer.from(response.patch, 'base64').toString()) as { op: string }[];
  expect(new Set(operations.map(({ op }) => op))).toEqual(new Set(['add']));
  const injected = applyPatch(review.request.object, operations);
  expectSound(injected, review.request.object);
  const again = await answer({ ...review, request: { ...review.request, object: injected } }, cluster);
  // Our variables come first, so those of the pod have other indexes.
  const codesOf = (one: Answer) => reported(one).map((line) => line.split(' ')[0]);
  expect({ ...again, warnings: codesOf(again) }).toEqual({
    uid: review.request['uid'],
    allowed: true,
    warnings: codesOf(response),
  });
  return { expect: 'injected', findings };
}

/** A workload on a desk: `sallyport inject` prints it as its pods would become. */
async function injectRow({ file, ask }: Row) {
  const workload = recorded(file).request.object;
  const before = podIn(workload);
  if (!before) throw new Error(`${file} holds no pod`);
  const asked = asking(before, ask);
  const folder = folderWith([withPod(workload, asked), ...servers]);
  const { code, out, err } = await runSallyport(['inject', folder]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const [printed] = parseAllDocuments(out).map((document) => document.toJS() as Fields);
  const after = podIn(printed ?? {}) ?? {};
  expect(withPod(printed ?? {}, asked)).toEqual(withPod(workload, asked));
  if (JSON.stringify(after) === JSON.stringify(asked)) return { expect: 'left alone', findings: [] };
  expectSound(after, asked, claimsOf(workload));
  return { expect: 'injected', findings: [] };
}

/** Volumes that a StatefulSet adds to its pods. */
const claimsOf = (workload: Fields): string[] =>
  listAt(fieldsAt(workload, 'spec'), 'volumeClaimTemplates').map((claim) =>
    textAt(fieldsAt(claim, 'metadata'), 'name'),
  );

/** A pod the API server would take, with a proxy that would start, and otherwise the pod that came. */
function expectSound(injected: Fields, original: Fields, claims: readonly string[] = []): void {
  expect(podProblems(original, claims)).toEqual([]);
  expect(podProblems(injected, claims)).toEqual([]);
  expect(withoutOurs(injected, original)).toEqual(original);
  const [first] = listAt(fieldsAt(injected, 'spec'), 'initContainers');
  const variable = listAt(first, 'env').find((entry) => textAt(entry, 'name') === proxyEnv.config);
  expect(decodeProxyConfig(textAt(variable, 'value')).servers).not.toEqual([]);
}

const doors = { lint: lintRow, review: reviewRow, inject: injectRow };

describe.skipIf(!hasUpstream)('real manifests and recorded reviews', () => {
  it.each(rows)('$name', async (row) => {
    const outcome = await doors[row.door](row);
    expect(outcome, `${row.name}, because ${row.why}`).toEqual({
      expect: row.expect,
      findings: row.findings,
    });
  });

  it('have a name for every outcome, each once', () => {
    const names = rows.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.length).toBeGreaterThanOrEqual(55);
  });

  it('are all in the table', () => {
    const there = [
      ...upstreamFiles('examples', '.yaml'),
      ...upstreamFiles('recorded/admission-reviews', '.json'),
    ];
    expect(there).not.toEqual([]);
    expect(new Set(rows.map(({ file }) => file))).toEqual(new Set(there));
    for (const file of upstreamFiles('examples', '.yaml'))
      expect(rows.filter((row) => row.file === file).map(({ complete }) => complete)).toEqual(
        expect.arrayContaining([false, true]),
      );
  });

  it('never crash a command, whichever they are fed to', async () => {
    const cluster = folderWith([]);
    const crds = new Set(upstreamFiles('crds', '.yaml').map((file) => path.dirname(upstreamPath(file))));
    const files = [
      ...upstreamFiles('recorded', '.json'),
      ...upstreamFiles('recorded', '.yaml'),
      ...upstreamFiles('examples', '.yaml'),
    ];
    expect(files.length).toBeGreaterThan(45);
    const review = ['review', '--cluster', cluster];
    for (const [paths, commands] of [
      // Whole folders, because definitions are large and there are many.
      [[...crds], [['lint', '--complete'], ['inject']]],
      [files.map(upstreamPath), [['lint'], ['lint', '--complete'], ['inject'], review]],
    ] as const)
      for (const file of paths)
        for (const command of commands) {
          const { code, out, err } = await runSallyport([...command, file]);
          expect([0, 1, 2], `${command.join(' ')} ${file}`).toContain(code);
          expect(`${out}${err}`).not.toMatch(/^ +at .+:\d+:\d+/m);
        }
  }, 600_000);
});
