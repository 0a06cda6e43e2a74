import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describePath } from '../../src/core/kinds/path/describe.ts';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import type { KubernetesObject } from '../../src/files/documents.ts';
import { runSallyport } from '../support/terminal.ts';
import { descriptions, pathsToShow, pluralName, rootOf, type DescribedPath } from './described-paths.ts';
import type { KindDescription } from '../../src/core/kinds/description.ts';
import {
  fixtureFiles,
  fixtureFolders,
  generatedMaterial,
  objectsOf,
  writeFixture,
  writeFixtureConfiguration,
} from './fixtures.ts';
import { findingsIn } from '../support/findings.ts';

const configuration = writeFixtureConfiguration();
afterAll(() => rmSync(path.dirname(configuration), { recursive: true }));

let material: ReadonlyMap<string, string> = new Map();
beforeAll(async () => {
  material = await generatedMaterial();
});

async function lint(folder: string, file: string, ...options: string[]) {
  const written = writeFixture(folder, file, material);
  const result = await runSallyport(['lint', '--complete', '--config', configuration, ...options, written]);
  rmSync(path.dirname(written), { recursive: true });
  return { ...result, out: result.out.replaceAll(written, file) };
}

/** Whether something is written at these steps. */
function isThere(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (value === undefined || value === null) return false;
  if (step === undefined) return true;
  if (typeof value !== 'object') return false;
  if (step === '[]' || step === '{}') return Object.values(value).some((item) => isThere(item, rest));
  return isThere((value as Record<string, unknown>)[step], rest);
}

const isIn = (
  description: KindDescription,
  object: KubernetesObject,
  { steps, versions }: Pick<DescribedPath, 'steps' | 'versions'>,
): boolean =>
  versions.includes(splitApiVersion(object.apiVersion).version) &&
  isThere(rootOf(description, object), steps);

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

  it('show every field that is read where they are good', () => {
    const shown = (file: 'good.yaml' | 'bad.yaml') =>
      objectsOf(folder, file).filter(({ kind }) => kind === description?.kind);
    const [good, bad] = [shown('good.yaml'), shown('bad.yaml')];
    if (!description) throw new Error(`${folder} is no kind's`);
    // What never has an effect has no good example.
    const idle = description.servers.flatMap(({ ineffective }) =>
      ineffective.filter(({ when, unless }) => !when && !unless).map(({ at }) => describePath(at)),
    );
    const entries = pathsToShow(description).filter(
      (paths) => !paths.some(({ inPodTemplate }) => inPodTemplate),
    );
    // Nor has what is copied in plain text.
    const warned = new Set(entries.flat().flatMap(({ steps, copied }) => (copied ? [steps.join('.')] : [])));
    const isShown = (described: DescribedPath): boolean => {
      const place = described.steps.join('.');
      const isBad =
        [...warned].some((one) => `${one}.`.startsWith(`${place}.`)) ||
        idle.some((at) => place.startsWith(at));
      return (isBad ? bad : good).some((object) => isIn(description, object, described));
    };
    const missing = entries
      .filter((paths) => !paths.some(isShown))
      .map((paths) => {
        const places = paths.map(({ steps, versions }) => `${steps.join('.')} in ${versions.join(' or ')}`);
        return [...new Set(places)].join(', or ');
      });
    expect([...new Set(missing)]).toEqual([]);
  });

  it('have nothing to report where they are good', async () => {
    const { code, out, err } = await lint(folder, 'good.yaml', '-o', 'json');
    expect({ code, err, findings: findingsIn(out) }).toEqual({ code: 0, err: '', findings: [] });
  });

  const others = fixtureFiles(folder).filter((file) => file !== 'good.yaml');

  it.each(others)('have exactly the findings of the golden file in %s', async (file) => {
    const { code, out, err } = await lint(folder, file);
    // Some kinds hold nothing but what is warned about.
    expect({ code, err }).toEqual({ code: /: error /.test(out) ? 1 : 0, err: '' });
    await expect(out).toMatchFileSnapshot(`./${folder}/${file.replace('.yaml', '.findings.txt')}`);
  });

  it.each(others)('name no value in the findings of %s', async (file) => {
    const { out } = await lint(folder, file);
    expect(out).not.toContain('made-up');
    expect(out).not.toContain('PRIVATE KEY');
  });
});
