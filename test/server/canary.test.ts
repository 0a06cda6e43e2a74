import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  labelledPod,
  remoteProxy,
  remoteServer,
  reviewOf,
  secret,
  startWebhook,
  updateOf,
} from '../support/webhook.ts';

/** A token no program could guess, so that finding it anywhere means it was copied there. */
const token = randomBytes(24).toString('hex');
const forms = [
  token,
  Buffer.from(token).toString('base64').slice(0, 40),
  Buffer.from(`x${token}`).toString('base64').slice(8, 40),
  Buffer.from(`xx${token}`).toString('base64').slice(8, 40),
];

const annotations = { note: token, 'sallyport.dev/client-tls-secret': 'pair' };
const secrets = [
  secret('github-token', { token, 'other key': token }),
  secret('broken', { token: `${token}\nsecond line`, empty: '' }),
  secret('pair', { 'tls.crt': token, 'tls.key': token }),
];
const ref = (name: string, key: string) => ({ headerName: `X-${name}`, valueSecretRef: { name, key } });

const resources = {
  'headers in plain text': remoteProxy({
    headerForward: {
      addPlaintextHeaders: {
        Authorization: `Bearer ${token}`,
        'X-Api-Key': token,
        'X-Tenant': 'acme',
        Host: token,
      },
    },
  }),
  'a list of headers': remoteServer([
    { name: 'X-Api-Key', value: token },
    { name: 'x-api-key', value: token },
    { name: 'X-Wrong', value: [token] },
  ]),
  'userinfo in the URL': remoteProxy({ remoteUrl: `https://user:${token}@api.example.com/mcp` }),
  'a parameter of the URL': remoteProxy({ remoteUrl: `http://127.0.0.1/${token}?access_token=${token}` }),
  'a URL that cannot be parsed': remoteProxy({ remoteUrl: `https://${token}:notaport/` }),
  'no URL at all': remoteProxy({ remoteUrl: token }),
  'Secrets with unusable values': {
    ...remoteProxy({
      headerForward: {
        addHeadersFromSecret: [ref('broken', 'token'), ref('broken', 'empty'), ref('github-token', 'absent')],
      },
    }),
    metadata: { name: 'github', namespace: 'team-a', annotations },
  },
  'values of the wrong type': remoteProxy({
    headerForward: [token],
    transport: { token },
    remoteUrl: [token],
  }),
};

function expectNoTrace(texts: readonly string[]): void {
  for (const text of texts) for (const form of forms) expect(text).not.toContain(form);
}

describe('a credential in what was sent', () => {
  it.each(Object.entries(resources))('never comes back: %s', async (_what, object) => {
    const { call, logged } = await startWebhook({ objects: { 's.yaml': secrets } });
    const reviews = [
      reviewOf(object, { options: { token } }),
      reviewOf(object, { dryRun: true }),
      updateOf(object, object),
      { ...reviewOf(object), request: { ...reviewOf(object).request, kind: token } },
    ];
    const answers = await Promise.all(reviews.map((one) => call('/validate', { body: JSON.stringify(one) })));
    expect(answers.map(({ text }) => text).join('\n')).toMatch(/\[MCP\d{3}\]/);
    expect(logged).toHaveLength(3);
    expectNoTrace([...answers.map(({ text, headers }) => text + JSON.stringify(headers)), ...logged]);
  });

  it.each(Object.entries(resources))('never reaches a pod: %s', async (_what, object) => {
    const stored = { ...object, metadata: { ...object.metadata, annotations } };
    const { call, logged } = await startWebhook({ objects: { 'c.yaml': [stored, ...secrets] } });
    const kind = object.kind === 'MCPRemoteProxy' ? 'mcpremoteproxy/github' : 'remotemcpserver/linear';
    const pod = labelledPod(kind, {
      name: 'agent',
      annotations: { ...annotations, 'sallyport.dev/servers': kind },
    });
    const { text } = await call('/mutate', { body: JSON.stringify(reviewOf(pod)) });
    const { response } = JSON.parse(text) as { response: { patch?: string } };
    expectNoTrace([text, Buffer.from(response.patch ?? '', 'base64').toString(), ...logged]);
  });

  it('never reaches a pod that gets its server, whatever else the pod holds', async () => {
    const good = remoteProxy();
    const { call, logged } = await startWebhook({ objects: { 'c.yaml': [good, ...secrets] } });
    const pod = {
      ...labelledPod('mcpremoteproxy/github', {
        name: 'agent',
        annotations: { note: token, 'sallyport.dev/servers': 'mcpremoteproxy/github' },
      }),
      spec: { containers: [{ name: 'app', env: [{ name: 'TOKEN', value: token }], args: [token] }] },
    };
    const { text } = await call('/mutate', { body: JSON.stringify(reviewOf(pod)) });
    const { response } = JSON.parse(text) as { response: { patch?: string } };
    expect(response.patch).toBeDefined();
    expectNoTrace([text, Buffer.from(response.patch ?? '', 'base64').toString(), ...logged]);
  });

  it('never reaches the log when it is not JSON', async () => {
    const { call, logged } = await startWebhook();
    const { text } = await call('/validate', { body: `{"token": ${token}` });
    expectNoTrace([text, ...logged]);
  });
});
