import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Metafile } from 'esbuild';
import { parse } from 'yaml';

/** One package with the text of its licence. */
interface Notice {
  readonly name: string;
  readonly license: string;
  readonly text: string;
}

/** Licences that ask for no more than their text. A package with another one stops the build until a person decides. */
const accepted = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense']);

/** Rule data in the bundles that is not code of a package. */
const ruleData = 'src/core/credentials/gitleaks.yaml';

/** The licence texts of every package of which these builds contain code, and of the rule data, sorted by name. */
export async function thirdPartyLicenses(builds: readonly Metafile[]): Promise<string> {
  const notices = await Promise.all([...bundledFolders(builds)].map(noticeOf));
  notices.push(await ruleNotice());
  const sections = new Map(
    notices
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, license, text }) => [name, `${name} (${license})\n${'-'.repeat(72)}\n${text.trim()}\n`]),
  );
  return `Sallyport contains code of these projects, each under its own licence.\n\n${[...sections.values()].join('\n\n')}`;
}

/** The folders below node_modules that the outputs contain code of. */
export function bundledFolders(builds: readonly Metafile[]): Set<string> {
  const inputs = builds
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap((output) => Object.entries(output.inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return new Set(
    inputs.flatMap(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
}

async function noticeOf(folder: string): Promise<Notice> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
    readonly author?: string | { readonly name: string };
  };
  const name = `${manifest.name} ${manifest.version}`;
  const license = manifest.license ?? 'no licence';
  if (!accepted.has(license))
    throw new Error(`${name} has ${license}, which build/third-party.ts does not accept`);
  const files = (await readdir(folder)).filter((file) => /^(?:(?:un)?licen[cs]e|copying|notice)/i.test(file));
  const texts = await Promise.all(files.toSorted().map((file) => readFile(path.join(folder, file), 'utf8')));
  if (texts.length > 0) return { name, license, text: texts.join('\n\n') };
  const author = typeof manifest.author === 'object' ? manifest.author.name : manifest.author;
  return { name, license, text: await withoutFile(license, author ?? manifest.name) };
}

/** Some packages name a licence and contain no copy of it. */
async function withoutFile(license: string, author: string): Promise<string> {
  if (license === 'Unlicense')
    return 'Released into the public domain by its author (https://unlicense.org).';
  if (license !== 'MIT') throw new Error(`${author} names ${license} and contains no copy of it`);
  const { license: text } = await rules();
  return text.replace(/Copyright \(c\) .*/, `Copyright (c) ${author}`);
}

async function ruleNotice(): Promise<Notice> {
  const { version, license } = await rules();
  return { name: `gitleaks rules ${version}`, license: 'MIT', text: license };
}

const rules = async () =>
  parse(await readFile(ruleData, 'utf8')) as { readonly version: string; readonly license: string };
