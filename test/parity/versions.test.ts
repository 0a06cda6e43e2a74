import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import manifest from '../../package.json' with { type: 'json' };
import { readConfiguration } from '../../src/core/configuration.ts';
import { version as sources } from '../../src/core/version.ts';
import { repository } from '../cluster/cache.ts';

/** Every place that names the version of Sallyport has the one of package.json. A release changes them together. */

const { version } = manifest;
const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const chart = parse(read('manifests/chart/Chart.yaml')) as {
  readonly version: string;
  readonly appVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
};

/** Tags of Sallyport's two images in a text, also where Kustomize has name and tag apart. */
function tagsIn(text: string): string[] {
  const whole = [...text.matchAll(/\bsallyport(?:-proxy|-\$target)?:([\w.+-]+)/g)].map(([, tag = '']) => tag);
  const apart = [...text.matchAll(/\bnewTag: ([^\s}]+)/g)].map(([, tag = '']) => tag);
  // The group of users that may open a shell in a proxy has the form of an image.
  return [...whole, ...apart].filter((tag) => tag !== 'break-glass');
}

it('the lock file has the version of package.json', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    readonly version: string;
    readonly packages: Readonly<Record<string, { readonly version?: string }>>;
  };
  expect([lock.version, lock.packages['']?.version]).toEqual([version, version]);
});

it('Chart.yaml has it as version, as appVersion and in the images for Artifact Hub', () => {
  expect([chart.version, chart.appVersion]).toEqual([version, version]);
  const images = parse(chart.annotations['artifacthub.io/images'] ?? '') as readonly { image: string }[];
  expect(images.map(({ image }) => image)).toEqual([`sallyport:${version}`, `sallyport-proxy:${version}`]);
});

it('a version with a suffix is a prerelease for Artifact Hub, and no other is', () => {
  expect(chart.annotations['artifacthub.io/prerelease']).toBe(String(version.includes('-')));
});

it('values.yaml names no tag, so that the images follow the appVersion', () => {
  const { images } = parse(read('manifests/chart/values.yaml')) as { images: Record<string, unknown> };
  expect(images).toMatchObject({ registry: '', server: '', proxy: '' });
});

it('src/core/version.ts has it', () => {
  expect(sources).toEqual(version);
});

it('the configuration without an image names the proxy of this version', () => {
  const result = readConfiguration({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration' });
  expect(result).toMatchObject({ configuration: { inject: { image: `sallyport-proxy:${version}` } } });
});

it('manifests/base runs and injects the images of this version', () => {
  const documents = parseAllDocuments(read('manifests/base/sallyport.yaml'));
  const text = documents.map((document) => JSON.stringify(document.toJS())).join('\n');
  expect(new Set(tagsIn(text))).toEqual(new Set([version]));
  expect(text).toContain(`"image":"sallyport:${version}"`);
  expect(text).toContain(`image: sallyport-proxy:${version}`);
});

// docs/rollouts.md is about two versions, and the decisions and the changelog about earlier ones.
it.each([
  'README.md',
  'docs/install.md',
  'docs/images.md',
  'docs/configuration.md',
  'manifests/chart/README.md',
])('%s names images of this version only', (file) => {
  const text = read(file).replaceAll(/^.*acceptedImages.*$/gm, '');
  for (const tag of tagsIn(text)) expect(tag).toBe(version);
});

it('the pages that build and install images name a tag at all', () => {
  for (const file of ['README.md', 'docs/install.md', 'docs/images.md'])
    expect(tagsIn(read(file)), file).not.toEqual([]);
});
