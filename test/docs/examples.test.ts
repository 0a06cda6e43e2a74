import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { findingsIn } from '../support/findings.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

const example = path.join(repository, 'examples/servers/search.yaml');
const codes = async (...options: string[]) => {
  const { out } = await runSallyport(['lint', ...options, '-o', 'json', example]);
  return findingsIn<{ readonly code: string }>(out).map(({ code }) => code);
};

it('the configuration in docs/configuration.md allows the token of examples/servers/search.yaml', async () => {
  expect(await codes()).toEqual(['MCP215']);
  const page = readFileSync(path.join(repository, 'docs/configuration.md'), 'utf8');
  const file = path.join(tempFolder(), 'sallyport.yaml');
  writeFileSync(file, /```yaml\n([^]*?)```/.exec(page)?.[1] ?? '');
  expect(await codes('--config', file)).toEqual([]);
});
