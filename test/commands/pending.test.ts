import { describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, remoteProxy, secret } from '../support/webhook.ts';
import { findingsIn } from '../support/findings.ts';

const inTeamA = (apiVersion: string, kind: string, name: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'team-a' },
  spec,
});
const makers = {
  ExternalSecret: inTeamA('external-secrets.io/v1', 'ExternalSecret', 'github', {
    target: { name: 'github-token' },
  }),
  'ExternalSecret of the same name': inTeamA(
    'external-secrets.io/v1beta1',
    'ExternalSecret',
    'github-token',
    {},
  ),
  SealedSecret: inTeamA('bitnami.com/v1alpha1', 'SealedSecret', 'github-token', { encryptedData: {} }),
  Certificate: inTeamA('cert-manager.io/v1', 'Certificate', 'github', { secretName: 'github-token' }),
};

async function lint(...objects: readonly object[]) {
  const { code, out } = await runSallyport(['lint', '--complete', '-o', 'json', '-'], {
    stdin: asYaml([remoteProxy(), ...objects]),
  });
  const findings = findingsIn<{ code: string; severity: string; message: string; fix: string }>(out);
  return { code, findings };
}

describe('a missing Secret', () => {
  it.each(Object.entries(makers))('is a warning beside an %s that makes it', async (_, maker) => {
    const { code, findings } = await lint(maker);
    expect(code).toBe(0);
    expect(findings).toMatchObject([{ code: 'MCP201', severity: 'warning' }]);
    expect(findings[0]?.message).toContain(
      `does not exist yet; ${maker.kind}/${maker.metadata.name} creates it`,
    );
  });

  it('is an error beside one that makes another, or makes it elsewhere', async () => {
    const other = inTeamA('external-secrets.io/v1', 'ExternalSecret', 'github-token', {
      target: { name: 'other' },
    });
    const elsewhere = {
      ...makers.ExternalSecret,
      metadata: { name: 'github', namespace: 'team-b' },
    };
    expect(await lint(other, elsewhere)).toMatchObject({ code: 1, findings: [{ severity: 'error' }] });
  });
});

it('a missing key is a warning beside something that fills the Secret', async () => {
  const { code, findings } = await lint(secret('github-token', { other: 'x' }), makers.ExternalSecret);
  expect({ code, findings }).toMatchObject({ code: 0, findings: [{ code: 'MCP202', severity: 'warning' }] });
});
