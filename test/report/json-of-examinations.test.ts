import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { schemaErrors } from '../support/published-schema.ts';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, labelledPod, remoteProxy, secret, tempFolder } from '../support/webhook.ts';

interface Step {
  readonly name: string;
  readonly state: 'good' | 'bad' | 'unknown';
  readonly text: string;
  readonly fix?: string | null;
}
const signs = { good: 'ok', bad: 'NO', unknown: '?' } as const;
const sentence = ({ name, state, text }: Step): string => `${signs[state]} ${name} ${text}`;
/** `ok  label     text`, as both commands print it. */
const sentencesOf = (out: string): string[] =>
  [...out.matchAll(/^ *(ok|NO|\?) +(\S+) +(.*)$/gm)].map(([, ...parts]) => parts.join(' '));

/** A context of a cluster in which the user may do nothing. */
async function useForbiddingCluster(): Promise<void> {
  const server = createServer((req, res) => {
    const open = req.url === '/version';
    res.writeHead(open ? 200 : 403, { 'content-type': 'application/json' });
    res.end(JSON.stringify(open ? { major: '1', minor: '34', gitVersion: 'v1.34.0' } : { kind: 'Status' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const file = path.join(tempFolder(), 'kubeconfig');
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'locked',
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'locked', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  vi.stubEnv('KUBECONFIG', file);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
}

describe('sallyport why -o json', () => {
  const works = [
    labelledPod('mcpremoteproxy/github'),
    remoteProxy(),
    secret('github-token', { token: 'Bearer abc' }),
  ];
  const deniedObjects = [labelledPod('mcpremoteproxy/githbu'), remoteProxy()];

  it.each([
    ['that is injected', works, 0, 'would-run'],
    ['that names a server which does not exist', deniedObjects, 1, 'denied'],
  ])('of a pod %s says what the text says', async (_, objects, exit, ending) => {
    const stdin = asYaml(objects);
    const { code, out } = await runSallyport(['why', '-', '-o', 'json'], { stdin });
    const report = JSON.parse(out) as { readonly workloads: readonly { readonly steps: readonly Step[] }[] };
    const errors = schemaErrors('why');
    expect(errors(report)).toEqual([]);
    expect(errors({ ...report, more: 1 })).not.toEqual([]);
    expect({ code, workloads: report.workloads }).toMatchObject({
      code: exit,
      workloads: [{ kind: 'Pod', namespace: 'team-a', name: 'agent', ok: exit === 0, ending }],
    });
    const text = await runSallyport(['why', '-'], { stdin });
    expect(text.code).toBe(exit);
    expect(report.workloads[0]?.steps.map(sentence)).toEqual(sentencesOf(text.out));
  });
});

describe('sallyport doctor -o json', () => {
  it('has the checks of the text, with their fixes', async () => {
    await useForbiddingCluster();
    const { code, out, err } = await runSallyport(['doctor', '-q', '-o', 'json', '--debug']);
    expect(err).toBe('');
    const report = JSON.parse(out) as { readonly checks: readonly Step[] };
    const errors = schemaErrors('doctor');
    expect(errors(report)).toEqual([]);
    expect(errors({ ...report, more: 1 })).not.toEqual([]);
    const text = await runSallyport(['doctor', '-q']);
    expect(report.checks.map(sentence)).toEqual(sentencesOf(text.out));
    expect(report.checks.length).toBeGreaterThan(3);
    expect(report.checks.flatMap(({ fix }) => fix ?? [])).toEqual(
      [...text.out.matchAll(/^ +Fix: (.*)$/gm)].map(([, fix]) => fix),
    );
    expect(code).toBe(text.code);
  });
});
