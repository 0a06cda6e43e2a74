import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { runSallyport } from '../support/terminal.ts';

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

it('README.md shows the denial of examples/servers/tickets.yaml as it is', async () => {
  const examples = path.join(repository, 'examples');
  const { out } = await runSallyport(['review', path.join(examples, 'review.json'), '--cluster', examples]);
  const { response } = JSON.parse(out) as {
    readonly response: { readonly status: { readonly message: string } };
  };
  const readme = readFileSync(path.join(repository, 'README.md'), 'utf8');
  expect(inOneLine(readme)).toContain(`denied the request: ${inOneLine(response.status.message)}`);
});
