import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { asYaml, remoteProxy, secret } from '../support/webhook.ts';

/** A temporary folder of a test file, removed after its tests. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), `sallyport-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A repository of a user: one folder without a finding, and one whose Secret lacks the key. */
export function writeManifests(folder: string): void {
  const proxy = remoteProxy();
  for (const [name, key] of [
    ['good', 'token'],
    ['bad', 'other'],
  ] as const) {
    const objects = [proxy, secret('github-token', { [key]: 'x' })];
    const own = objects.map((one) => ({ ...one, metadata: { ...one.metadata, namespace: name } }));
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, 'proxy.yaml'), asYaml(own));
  }
}
