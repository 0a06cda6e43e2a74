import { describe, expect, it } from 'vitest';
import { createAuthority, type Life } from '../../src/certs/issue.ts';
import { remoteProxy, remoteServer, reviewOf, secret, startWebhook } from '../support/webhook.ts';

const at = 'spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name';
const missingToken =
  'Secret team-a/github-token does not exist; requests to github would be sent without it. Fix: create it from a file with the whole header value, such as Bearer TOKEN: kubectl -n team-a create secret generic github-token --from-file=token=PATH.';

describe('a denial', () => {
  it('is 403 Forbidden with the whole message, and causes for machines', async () => {
    const { validate } = await startWebhook();
    expect(await validate(reviewOf(remoteProxy()))).toEqual({
      uid: 'd9b1c9b0-0000-4000-8000-000000000001',
      allowed: false,
      status: {
        status: 'Failure',
        code: 403,
        reason: 'Forbidden',
        message: `MCPRemoteProxy team-a/github: 1 problem.\n[MCP201] ${at}: ${missingToken}`,
        details: {
          kind: 'MCPRemoteProxy',
          name: 'github',
          causes: [{ reason: 'MCP201', field: at }],
        },
      },
    });
  });

  it('names every problem at once, by place and then by code', async () => {
    const { validate } = await startWebhook({
      objects: { 'secrets.yaml': [secret('github-token', { other: 'x' })] },
    });
    const headerForward = {
      addPlaintextHeaders: { 'X-Api-Key': 'abcdefgh12345678', Host: 'example.org' },
      addHeadersFromSecret: [
        { headerName: 'Authorization', valueSecretRef: { name: 'github-token', key: 'token' } },
        { headerName: 'X-Other', valueSecretRef: { name: 'absent', key: 'token' } },
      ],
    };
    const review = reviewOf(remoteProxy({ remoteUrl: 'http://169.254.169.254/mcp', headerForward }));
    const { status, warnings } = await validate(review);
    expect(status?.message).toMatch(/^MCPRemoteProxy team-a\/github: 5 problems\.\n/);
    expect(status?.details?.causes.map(({ reason, field }) => `${reason} ${field}`)).toEqual([
      'MCP202 spec.headerForward.addHeadersFromSecret[0].valueSecretRef.key',
      'MCP201 spec.headerForward.addHeadersFromSecret[1].valueSecretRef.name',
      'MCP303 spec.headerForward.addPlaintextHeaders[Host]',
      'MCP101 spec.headerForward.addPlaintextHeaders[X-Api-Key]',
      'MCP405 spec.remoteUrl',
    ]);
    expect(status?.message.split('\n')).toHaveLength(6);
    expect(warnings).toEqual([
      '[MCP403] spec.remoteUrl: credentials from a Secret would travel over plain http',
    ]);
  });

  it('names a client certificate that expired, and the day, but not one that is valid', async () => {
    const proxy = remoteProxy({ headerForward: undefined });
    const annotations = { 'sallyport.dev/client-tls-secret': 'github-client' };
    const uses = { ...proxy, metadata: { ...proxy.metadata, annotations } };
    const authority = await createAuthority('clients');
    const answerTo = async (life: Life) => {
      const { certificate, key } = await authority.issue(
        { commonName: 'github', names: [], usage: 'client' },
        life,
      );
      const pair = secret('github-client', { 'tls.crt': certificate, 'tls.key': key });
      const { validate } = await startWebhook({ objects: { 'secrets.yaml': [pair] } });
      return validate(reviewOf(uses));
    };
    const lifeMs = 60 * 60 * 1000;
    expect(await answerTo({ lifeMs })).toMatchObject({ allowed: true });
    const { allowed, status } = await answerTo({ now: Date.parse('2020-01-31T10:00:00Z'), lifeMs });
    expect(allowed).toBe(false);
    expect(status?.message).toContain(
      '[MCP401] metadata.annotations[sallyport.dev/client-tls-secret]: the certificate in Secret team-a/github-client expired on 2020-01-31',
    );
  });

  it('keeps one line a problem whatever a header is called', async () => {
    const { validate } = await startWebhook();
    const addPlaintextHeaders = { 'X-A\n[MCP101] spec.forged: forged': 'harmless' };
    const { status } = await validate(reviewOf(remoteProxy({ headerForward: { addPlaintextHeaders } })));
    expect(status?.details?.causes.map(({ reason }) => reason)).toEqual(['MCP301']);
    expect(status?.message.split('\n')).toHaveLength(2);
  });
});

describe('the cluster is asked anew for each review', () => {
  it('so a Secret that was absent a moment ago counts as soon as it is there', async () => {
    const { validate, write } = await startWebhook();
    const review = reviewOf(remoteProxy());
    expect((await validate(review)).status?.message).toContain('[MCP201]');
    write('secrets.yaml', [secret('github-token', { other: 'x' })]);
    expect((await validate(review)).status?.message).toContain('[MCP202]');
    write('secrets.yaml', [secret('github-token', { token: 'gh-token-value' })]);
    expect(await validate(review)).toEqual({ uid: 'd9b1c9b0-0000-4000-8000-000000000001', allowed: true });
  });
});

describe('an allowed answer', () => {
  it('echoes the uid and holds nothing else', async () => {
    const { call } = await startWebhook({ objects: { 's.yaml': [secret('github-token', { token: 'x' })] } });
    const body = JSON.stringify(reviewOf(remoteProxy(), { uid: 'uid "with" quotes' }));
    const { status, headers, text } = await call('/validate?timeout=3s', { body });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(JSON.parse(text)).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'uid "with" quotes', allowed: true },
    });
  });
});

describe('a warning', () => {
  const longName = `X-${'Tenant-'.repeat(40)}Name`;
  it.each([
    ['a line break', 'X-Tenant\nName'],
    ['an escape sequence', 'X-\u001b[31mTenant'],
    ['a delete character', 'X-Tenant\u007f'],
    ['a control character of Latin-1', 'X-Tenant\u0085Name'],
    ['a long name', `${longName} with spaces`],
    ['emoji where it is cut', `X ${'😀'.repeat(200)}`],
  ])('has at most 256 characters and none the API server drops it for: %s', async (_what, name) => {
    const { validate } = await startWebhook({ configuration: { modes: { ceiling: 'warn' } } });
    const { allowed, warnings = [] } = await validate(reviewOf(remoteServer([{ name, value: 'harmless' }])));
    expect(allowed).toBe(true);
    expect(warnings).toHaveLength(1);
    const [warning = ''] = warnings;
    expect(warning).toMatch(/^\[MCP301\] spec\.headersFrom\[0\]\.name: /);
    expect(warning.length).toBeLessThanOrEqual(256);
    // What Go calls a control character: the API server drops such a warning without a word.
    expect(warning).not.toMatch(/\p{Cc}/u);
  });
});
