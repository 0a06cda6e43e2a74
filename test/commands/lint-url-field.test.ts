import { describe, expect, it } from 'vitest';
import { asYaml, remoteProxy } from '../support/webhook.ts';
import { runSallyport } from '../support/terminal.ts';

describe.each(['remoteURL', 'remote_url', 'remoteUlr'])('a URL in the misspelt field %s', (field) => {
  it('is an error that names both fields and says how to fix it', async () => {
    const stdin = asYaml([remoteProxy({ remoteUrl: undefined, [field]: 'https://api.example.com/mcp' })]);
    const { code, out } = await runSallyport(['lint', '-'], { stdin });
    expect(code).toBe(1);
    expect(out).toContain(
      `error MCP404 spec.${field}: spec.remoteUrl is missing; did you write spec.${field} instead?`,
    );
    expect(out).toContain(`Fix: rename spec.${field} to spec.remoteUrl`);
  });
});

it('beside the right field, the old spelling of the URL is a field that the schema does not have', async () => {
  const stdin = asYaml([remoteProxy({ remoteURL: 'https://old.example.com/mcp' })]);
  const { code, out } = await runSallyport(['lint', '-'], { stdin });
  expect(code).toBe(1);
  expect(out).toContain('error MCP007 spec.remoteURL: MCPRemoteProxy v1beta1 has no field remoteURL here');
  expect(out).not.toContain('MCP404');
});

it('the old spelling is accepted in the version whose schema had it', async () => {
  const stdin = asYaml([
    {
      ...remoteProxy({ remoteUrl: undefined, remoteURL: 'https://api.example.com/mcp' }),
      apiVersion: 'toolhive.stacklok.dev/v1alpha1',
    },
  ]);
  const { out } = await runSallyport(['lint', '-'], { stdin });
  expect(out).not.toMatch(/MCP404|MCP007/);
});
