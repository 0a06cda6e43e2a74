import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { findingsIn } from '../support/findings.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

const folder = path.join(repository, 'docs/examples/no-secret');
const configuration = path.join(folder, 'configuration.yaml');
const codes = async (...options: string[]) => {
  const { out } = await runSallyport(['lint', ...options, '-o', 'json', folder]);
  return findingsIn<{ readonly code: string }>(out).map(({ code }) => code);
};
const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
/** The YAML blocks of a page. */
const blocks = (page: string) =>
  [...read(page).matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text = '']) => text);

describe('docs/examples/no-secret', () => {
  it('is denied without its configuration, ConfigMap and pod, and has no finding with it', async () => {
    expect(await codes()).toEqual(['MCP215', 'MCP215']);
    expect(await codes('--config', configuration)).toEqual([]);
  });

  it('has no finding with the configuration in docs/configuration.md', async () => {
    const file = path.join(tempFolder(), 'sallyport.yaml');
    writeFileSync(file, blocks('docs/configuration.md')[0] ?? '');
    expect(await codes('--config', file)).toEqual([]);
  });

  it('is what docs/no-secret.md shows', () => {
    const shown = blocks('docs/no-secret.md').join('---\n');
    for (const file of ['configuration.yaml', 'server.yaml', 'pod.yaml'])
      for (const document of read(`docs/examples/no-secret/${file}`).split('---\n'))
        if (!document.includes('kind: ServiceAccount'))
          expect(shown).toContain(document.replace(/^#.*\n/, ''));
  });

  it('is injected: a pod that the guide shows gets the token in the proxy alone', async () => {
    const { code, out } = await runSallyport(['inject', '--explain', '--config', configuration, folder]);
    expect(code).toBe(0);
    expect(out).toContain(
      'serviceaccounttoken/3600/https://mcp.example.com as +/h0; mounted in sallyport-proxy only',
    );
  });
});
