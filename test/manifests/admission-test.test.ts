import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { sendChunked, startApiServer } from '../support/api-server.ts';
import { reviewOf, startWebhook, tempFolder } from '../support/webhook.ts';

/** The program of `helm test`, against an API server that calls the real webhook, or none. */

const program = path.join(repository, 'manifests/chart/files/admission-test.mjs');

type Answer = (
  pod: Readonly<Record<string, unknown>>,
) => Promise<{ readonly code: number; readonly message?: string }>;

async function runTest(answer: Answer) {
  const folder = tempFolder();
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const api = await startApiServer(
    () => undefined,
    (body, res) => {
      void answer({ ...body }).then(({ code, message }) => sendChunked(res, code, { message }));
      return 'answered';
    },
  );
  const ca = api.config.getCurrentCluster()?.caData ?? '';
  const env = {
    PATH: process.env['PATH'] ?? '',
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(api.port),
    TARGET_NAMESPACE: 'sallyport-test',
    TOKEN_FILE: file('token', 'canary-token'),
    NODE_EXTRA_CA_CERTS: file('ca.crt', Buffer.from(ca, 'base64').toString()),
    ATTEMPTS: '1',
  };
  const ended = await promisify(execFile)('node', [program], { env }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
  );
  expect(ended.stdout).not.toContain('canary');
  return { ...ended, asked: api.asked };
}

it.each(['enforce', 'audit'])(
  'succeeds if the webhook denies the request, with the ceiling %s',
  async (ceiling) => {
    const { mutate } = await startWebhook({ objects: {}, configuration: { modes: { ceiling } } });
    const { code, stdout, asked } = await runTest(async (pod) => {
      const { allowed, status } = await mutate(reviewOf(pod));
      const message = `admission webhook "inject-labelled-pods.sallyport.dev" denied the request: ${status?.message ?? ''}`;
      return allowed ? { code: 201 } : { code: 403, message };
    });
    expect(stdout).toContain('[MCP506]');
    expect(code).toBe(0);
    expect(asked).toEqual(['POST /api/v1/namespaces/sallyport-test/pods?dryRun=All']);
  },
);

it('fails if the API server admits the request, because it calls no webhook', async () => {
  const { code, stdout } = await runTest(() => Promise.resolve({ code: 201 }));
  expect(stdout).toContain('it did not call the webhook');
  expect(code).toBe(1);
});

it.each([
  'pods is forbidden: User "system:serviceaccount:a:b" cannot create resource "pods"',
  'Internal error occurred: failed calling webhook "inject-labelled-pods.sallyport.dev": no endpoints available',
  'admission webhook "policies.example.com" denied the request: no',
])('fails if the API server rejects the request for another reason: %s', async (message) => {
  const { code, stdout } = await runTest(() => Promise.resolve({ code: 403, message }));
  expect(stdout).toContain(`rejected the request for another reason: ${message}`);
  expect(code).toBe(1);
});
