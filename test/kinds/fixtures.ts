import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAuthority } from '../../src/certs/issue.ts';
import { parseDocuments, type KubernetesObject } from '../../src/files/documents.ts';

/** What the platform allows where the fixtures are checked: by default no token is allowed. */
export const fixtureSettings = {
  credentials: {
    serviceAccountTokens: [
      {
        audience: 'https://mcp.example.com',
        namespaces: ['*'],
        origins: ['https://mcp.example.com', 'http://mcp.example.com'],
      },
    ],
  },
};

/** Writes the configuration with those settings to a folder of its own, and says where. */
export function writeFixtureConfiguration(): string {
  const target = path.join(mkdtempSync(path.join(tmpdir(), 'sallyport-kinds-')), 'sallyport.yaml');
  const configuration = { apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...fixtureSettings };
  // JSON is YAML.
  writeFileSync(target, JSON.stringify(configuration));
  return target;
}

/** Fixture folders, by `plural.group`. */
export const fixtureFolders: readonly string[] = readdirSync(new URL('.', import.meta.url), {
  withFileTypes: true,
})
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/**
 * `good.yaml`, `bad.yaml` and, where somebody could write what the kind's schema refuses, `invalid.yaml`: it comes to us
 * only in files, and from clusters with another version of the definition.
 */
export const fixtureFiles = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, import.meta.url))
    .filter((name) => name.endsWith('.yaml'))
    .toSorted();

export const fixtureText = (folder: string, file: string): string =>
  readFileSync(new URL(`${folder}/${file}`, import.meta.url), 'utf8');

/** The objects of one fixture, GENERATED_* still in place. */
export const objectsOf = (folder: string, file: string): KubernetesObject[] =>
  parseDocuments(fixtureText(folder, file), file).documents.map(({ object }) => object);

/** What stands for key material in fixtures, and the fresh material itself. */
export async function generatedMaterial(): Promise<ReadonlyMap<string, string>> {
  const authority = await createAuthority('fixtures');
  const client = { names: [], usage: 'client' } as const;
  const one = await authority.issue({ ...client, commonName: 'one' });
  const other = await authority.issue({ ...client, commonName: 'other' });
  return new Map([
    ['GENERATED_CERTIFICATE', one.certificate],
    ['GENERATED_KEY', one.key],
    ['GENERATED_OTHER_KEY', other.key],
    ['GENERATED_CA', authority.certificate],
  ]);
}

/** Text with real material, each on one line, so that line numbers stay as they are in the fixture. */
export const withMaterial = (text: string, material: ReadonlyMap<string, string>): string =>
  text.replaceAll(/: (GENERATED_[A-Z_]+)$/gm, (_, name: string) => `: ${JSON.stringify(material.get(name))}`);

/** Writes one fixture with real material to a folder of its own, and says where. */
export function writeFixture(folder: string, file: string, material: ReadonlyMap<string, string>): string {
  const target = path.join(mkdtempSync(path.join(tmpdir(), 'sallyport-kinds-')), file);
  writeFileSync(target, withMaterial(fixtureText(folder, file), material), { mode: 0o600 });
  return target;
}
