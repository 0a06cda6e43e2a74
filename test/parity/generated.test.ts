import { existsSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { generatedFiles, readRepositoryFile } from '../support/generated-files.ts';

/** `npm run generate` runs this file with `-u`, which writes what is generated. */
describe('generated files', () => {
  it.each(Object.entries(generatedFiles))(
    '%s is up to date; if this fails, run: npm run generate',
    async (file, generate) => {
      const target = path.join(repository, file);
      // A new family of kinds has files that are not there before the first run.
      const generated = await generate(existsSync(target) ? readRepositoryFile(file) : '');
      const text = file.endsWith('.md')
        ? await format(generated, { ...(await resolveConfig(target)), parser: 'markdown' })
        : generated;
      await expect(text, `${file} is stale; run: npm run generate`).toMatchFileSnapshot(target);
    },
  );
});
