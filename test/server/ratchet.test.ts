import { describe, expect, it } from 'vitest';
import { remoteProxy, remoteServer, reviewOf, secret, startWebhook, updateOf } from '../support/webhook.ts';

const token = { name: 'X-Api-Key', value: 'abcdefgh12345678' };
const other = { name: 'X-Tenant', value: 'acme' };
const codesOf = ({ status }: { status?: { details?: { causes: readonly { reason: string }[] } } }) =>
  status?.details?.causes.map(({ reason }) => reason) ?? [];

describe('an update', () => {
  it('keeps what was wrong before it as a warning', async () => {
    const { validate } = await startWebhook();
    const { allowed, warnings } = await validate(
      updateOf(remoteServer([token]), { ...remoteServer([token]), metadata: { name: 'linear', labels: {} } }),
    );
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      '[MCP101] spec.headersFrom[0].value: a credential is written in plain text (the name X-Api-Key says so) (already there before this change)',
    ]);
  });

  it.each([
    ['a finding that was not there before', [other], [other, token], ['MCP101']],
    ['the same header with another value', [token], [{ ...token, value: 'zyxwvuts87654321' }], ['MCP101']],
    ['a second copy of the same header', [token], [token, token], ['MCP302', 'MCP101']],
    ['the same value under another name', [token], [{ ...token, name: 'X-Auth-Token' }], ['MCP101']],
  ])('is denied for %s', async (_what, before, after, codes) => {
    const { validate } = await startWebhook();
    const answer = await validate(updateOf(remoteServer(before), remoteServer(after)));
    expect(answer.allowed).toBe(false);
    expect(codesOf(answer).toSorted()).toEqual(codes.toSorted());
  });

  it('may move an old finding within its list', async () => {
    const { validate } = await startWebhook();
    const answer = await validate(
      updateOf(remoteServer([token, other]), remoteServer([other, { ...other, name: 'X-New' }, token])),
    );
    expect(answer.allowed).toBe(true);
    expect(answer.warnings).toEqual([expect.stringMatching(/^\[MCP101\] spec\.headersFrom\[2\]\.value: /)]);
  });

  it('may keep a reference to a missing Secret, but not gain one', async () => {
    const { validate } = await startWebhook();
    const kept = await validate(
      updateOf(remoteProxy(), remoteProxy({ remoteUrl: 'https://b.example.com/mcp' })),
    );
    expect(kept.allowed).toBe(true);
    expect(kept.warnings).toHaveLength(1);
    const gained = await validate(updateOf(remoteProxy({ headerForward: {} }), remoteProxy()));
    expect(codesOf(gained)).toEqual(['MCP201']);
  });

  it.each([
    ['its URL', { remoteUrl: 'http://169.254.169.254/other' }],
    [
      'its Secret',
      {
        remoteUrl: 'http://169.254.169.254/mcp',
        headerForward: {
          addHeadersFromSecret: [
            { headerName: 'Authorization', valueSecretRef: { name: 'b', key: 'token' } },
          ],
        },
      },
    ],
  ])('is denied for a forbidden address again when %s changed', async (_what, changed) => {
    const secrets = [secret('github-token', { token: 'x' }), secret('b', { token: 'x' })];
    const { validate } = await startWebhook({ objects: { 's.yaml': secrets } });
    const before = remoteProxy({ remoteUrl: 'http://169.254.169.254/mcp' });
    expect((await validate(updateOf(before, before))).allowed).toBe(true);
    expect(codesOf(await validate(updateOf(before, remoteProxy(changed))))).toEqual(['MCP405']);
  });
});

describe('a dry run', () => {
  const withKey = (key: string) =>
    remoteProxy({
      headerForward: {
        addHeadersFromSecret: [{ headerName: 'Authorization', valueSecretRef: { name: 'there', key } }],
      },
    });
  it.each([
    ['a missing Secret', remoteProxy(), 'MCP201'],
    ['a missing key', withKey('absent'), 'MCP202'],
  ])('warns about %s', async (_what, object, code) => {
    const { validate } = await startWebhook({ objects: { 's.yaml': [secret('there', { token: 'x' })] } });
    const answer = await validate(reviewOf(object, { dryRun: true }));
    expect(answer.allowed).toBe(true);
    expect(answer.warnings).toEqual([
      expect.stringMatching(new RegExp(`^\\[${code}\\].*\\(would be denied without dry run\\)$`)),
    ]);
  });

  it('denies everything else as the real request would', async () => {
    const { validate } = await startWebhook();
    const answer = await validate(reviewOf(remoteServer([token]), { dryRun: true }));
    expect(codesOf(answer)).toEqual(['MCP101']);
  });

  it('denies a missing Secret too where the configuration says dryRun: same', async () => {
    const { validate } = await startWebhook({ configuration: { dryRun: 'same' } });
    expect(codesOf(await validate(reviewOf(remoteProxy(), { dryRun: true })))).toEqual(['MCP201']);
  });
});

describe('never in the way', () => {
  it.each([
    ['DELETE', { operation: 'DELETE', object: null, oldObject: remoteServer([token]) }],
    ['CONNECT', { operation: 'CONNECT', object: { kind: 'PodExecOptions' } }],
    ['an update of the status', { operation: 'UPDATE', subResource: 'status', oldObject: remoteServer([]) }],
  ])('%s is allowed and says nothing', async (_what, request) => {
    const { validate } = await startWebhook();
    expect(await validate(reviewOf(remoteServer([token]), request))).toEqual({
      uid: 'd9b1c9b0-0000-4000-8000-000000000001',
      allowed: true,
    });
  });
});

describe('the configuration', () => {
  const exemption = {
    codes: ['MCP101'],
    kind: 'remotemcpservers.kagent.dev',
    namespace: 'team-a',
    name: 'linear',
    reason: 'a test key',
  };
  const rules = { MCP101: 'warn' };
  const denied = { allowed: false, warned: 0 };
  const warned = { allowed: true, warned: 1 };
  const silent = { allowed: true, warned: 0 };
  it.each([
    ['nothing', {}, denied],
    ['an exemption', { exemptions: [exemption] }, silent],
    ['an exemption that ran out', { exemptions: [{ ...exemption, until: '2020-01-01' }] }, denied],
    ['an exemption of another object', { exemptions: [{ ...exemption, name: 'other' }] }, denied],
    ['an exemption elsewhere', { exemptions: [{ ...exemption, namespace: 'team-b' }] }, denied],
    ['the rule set to warn', { modes: { rules } }, warned],
    ['the rule set to audit', { modes: { rules: { MCP101: 'audit' } } }, silent],
    ['the rule set to off', { modes: { rules: { MCP101: 'off' } } }, silent],
    ['the kind set to warn', { modes: { kinds: { 'remotemcpservers.kagent.dev': 'warn' } } }, warned],
    ['the namespace set to warn', { modes: { namespaces: [{ names: ['team-*'], rules }] } }, warned],
    ['another namespace set to warn', { modes: { namespaces: [{ names: ['sandbox-*'], rules }] } }, denied],
    ['the writer set to warn', { modes: { writers: [{ username: 'dev@*', rules }] } }, warned],
    ['another writer set to warn', { modes: { writers: [{ username: 'ops@*', rules }] } }, denied],
    ['a ceiling of warn', { modes: { ceiling: 'warn' } }, warned],
    ['a ceiling of audit', { modes: { ceiling: 'audit' } }, silent],
    ['a harmless name', { credentials: { headers: { harmless: ['x-api-key'] } } }, silent],
  ])('with %s decides about an inline credential', async (_what, configuration, expected) => {
    const { validate } = await startWebhook({ configuration });
    const { allowed, warnings = [] } = await validate(reviewOf(remoteServer([token])));
    expect({ allowed, warned: warnings.length }).toEqual(expected);
  });
});
