import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import {
  floorTemplate,
  monitoring,
  reads,
  valuesSchema,
  watched,
  webhookRules,
  withTable,
} from '../../build/manifests.ts';

/** `npx vitest run --project unit test/manifests/generated.test.ts -u` brings all of them up to date. */
it.each([
  ['manifests/chart/files/resources.yaml', webhookRules],
  ['manifests/chart/files/reads.yaml', reads],
  ['manifests/chart/files/watched.yaml', watched],
  ['manifests/chart/files/floor.yaml', floorTemplate],
  [
    'manifests/chart/files/monitoring.yaml',
    () =>
      monitoring(
        ['pod-monitors', 'prometheus-rule'].map((file) =>
          readFileSync(new URL(`../../manifests/monitoring/${file}.yaml`, import.meta.url), 'utf8'),
        ),
      ),
  ],
  ['manifests/chart/values.schema.json', valuesSchema],
])('%s is what kinds, families and configuration say', async (file, made) => {
  await expect(made()).toMatchFileSnapshot(`../../${file}`);
});

it('docs/floor.md lists what the floor leaves to the webhook', async () => {
  const page = new URL('../../docs/floor.md', import.meta.url);
  const options = await resolveConfig(page);
  const made = await format(withTable(readFileSync(page, 'utf8')), { ...options, parser: 'markdown' });
  await expect(made).toMatchFileSnapshot('../../docs/floor.md');
});
