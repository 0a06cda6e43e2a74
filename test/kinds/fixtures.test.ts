import { rmSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitApiVersion } from '../../src/core/kinds/index.ts';
import { runSallyport } from '../support/terminal.ts';
import { descriptions, pluralName } from './described-paths.ts';
import { fixtureFolders, generatedMaterial, objectsOf, writeFixture } from './fixtures.ts';

let material: ReadonlyMap<string, string> = new Map();
beforeAll(async () => {
  material = await generatedMaterial();
});

async function lint(folder: string, file: string, ...options: string[]) {
  const written = writeFixture(folder, file, material);
  const result = await runSallyport(['lint', '--complete', ...options, written]);
  rmSync(path.dirname(written), { recursive: true });
  return { ...result, out: result.out.replaceAll(written, file) };
}

describe.each(fixtureFolders)('the fixtures of %s', (folder) => {
  const description = [...descriptions.values()].find((one) => pluralName(one) === folder);
  const versionsIn = (file: 'good.yaml' | 'bad.yaml') =>
    new Set(
      objectsOf(folder, file)
        .filter(({ kind }) => kind === description?.kind)
        .map(({ apiVersion }) => splitApiVersion(apiVersion).version),
    );

  it('show every served version', () => {
    const versions = new Set(description?.versions);
    expect(versions.size).toBeGreaterThan(0);
    expect(versionsIn('good.yaml')).toEqual(versions);
    expect(versionsIn('bad.yaml')).toEqual(versions);
  });

  it('have nothing to report where they are good', async () => {
    const { code, out, err } = await lint(folder, 'good.yaml', '-o', 'json');
    expect({ code, err, findings: JSON.parse(out) as unknown }).toEqual({ code: 0, err: '', findings: [] });
  });

  it('have exactly the findings of the golden file where they are bad', async () => {
    const { code, out, err } = await lint(folder, 'bad.yaml');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    await expect(out).toMatchFileSnapshot(`./${folder}/bad.findings.txt`);
  });

  it('name no value in their findings', async () => {
    const { out } = await lint(folder, 'bad.yaml');
    expect(out).not.toContain('made-up');
    expect(out).not.toContain('PRIVATE KEY');
  });
});
