import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { definitionOf, knownKinds, noSchema, type KnownKind } from './crds.ts';
import { run } from './processes.ts';
import { isThere } from './requirements.ts';

/** The operators' own custom resource definitions, as far as they can be had here. */

/** Go modules with the folder of theirs that holds definitions. This is the one place that says which versions. */
export const modules = {
  toolhive: {
    module: 'github.com/stacklok/toolhive',
    version: 'v0.44.0',
    definitions: 'deploy/charts/operator-crds/files/crds',
  },
  kmcp: { module: 'github.com/kagent-dev/kmcp', version: 'v0.3.0', definitions: 'config/crd/bases' },
} as const;

type Module = (typeof modules)[keyof typeof modules];

/** In the folder named in SALLYPORT_UPSTREAM; kagent and Kelos have theirs in no module that can be downloaded. */
const upstreamFolders = ['crds/kagent', 'crds/kelos'] as const;

export interface Definition {
  readonly name: string;
  /** YAML or JSON, as `kubectl apply` takes it. */
  readonly text: string;
}

/** One for every name: the first source that has it. A kind that none has gets the minimal one, said aloud. */
export async function definitions(say: (line: string) => void): Promise<readonly Definition[]> {
  const found = new Map<string, Definition>();
  for (const folder of await folders(say))
    for (const definition of await definitionsIn(folder))
      if (!found.has(definition.name)) found.set(definition.name, definition);

  const minimal: string[] = [];
  const older: string[] = [];
  for (const kind of merged([...(await knownKinds()), ...familyKinds()])) {
    // ConfigMaps every cluster has.
    if (kind.group === '') continue;
    const name = `${kind.plural}.${kind.group}`;
    const real = found.get(name);
    if (real) {
      const missing = kind.versions.filter(
        (version) => !new RegExp(`^ +(?:- )?name: ${version}$`, 'm').test(real.text),
      );
      if (missing.length > 0) {
        older.push(`${name} ${missing.join(', ')}`);
        found.set(name, { name, text: withVersions(real.text, missing) });
      }
      continue;
    }
    minimal.push(name);
    found.set(name, { name, text: JSON.stringify(definitionOf(kind)) });
  }
  if (minimal.length > 0) say(`MINIMAL, with no schema of the operator's: ${minimal.join(', ')}`);
  if (older.length > 0)
    say(`MINIMAL VERSIONS, which the definitions at hand do not serve: ${older.join('; ')}`);
  return [...found.values()];
}

/** One for every name, with the versions of all. */
function merged(kinds: readonly KnownKind[]): readonly KnownKind[] {
  const byName = new Map<string, KnownKind>();
  for (const kind of kinds) {
    const name = `${kind.plural}.${kind.group}`;
    const versions = new Set([...(byName.get(name)?.versions ?? []), ...kind.versions]);
    byName.set(name, { ...kind, versions: [...versions] });
  }
  return [...byName.values()];
}

/** What operators make pods for, beyond the kinds that are validated. Those of Kubernetes itself every cluster has. */
const familyKinds = (): readonly KnownKind[] =>
  operatorAdapters
    .flatMap(({ name, reads }) =>
      reads.flatMap(({ groups, ...kind }) => groups.map((group) => ({ ...kind, group, family: name }))),
    )
    .filter(({ group }) => group.includes('.'));

/** With versions that a later release serves, as far as their kind is described, without a schema. */
function withVersions(text: string, versions: readonly string[]): string {
  const definition = parse(text) as { spec: { versions: unknown[] } };
  for (const name of versions)
    definition.spec.versions.push({ name, served: true, storage: false, schema: noSchema });
  return JSON.stringify(definition);
}

async function folders(say: (line: string) => void): Promise<readonly string[]> {
  const upstream = process.env['SALLYPORT_UPSTREAM'] ?? '';
  const given = upstream === '' ? [] : upstreamFolders.map((folder) => path.join(upstream, folder));
  if (isThere('go'))
    return [
      ...(await Promise.all(
        Object.values(modules).map(async (one) => path.join(await moduleFolder(one), one.definitions)),
      )),
      ...given,
    ];
  say('WITHOUT GO the definitions of ToolHive and kmcp cannot be downloaded');
  return given;
}

/** Go keeps what it downloaded, checks it against its public record of hashes, and says where it is. */
export async function moduleFolder({ module, version }: Module): Promise<string> {
  // From a folder without a go.mod, because a module named here is nobody's dependency.
  const answer = await run('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: tmpdir() });
  const { Dir } = JSON.parse(answer) as { readonly Dir: string };
  return Dir;
}

async function definitionsIn(folder: string): Promise<readonly Definition[]> {
  if (!existsSync(folder)) throw new Error(`${folder} is not there: does that version keep them elsewhere?`);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(folder, file), 'utf8');
      // The name alone: parsing hundreds of thousands of lines would take longer than the cluster does to start.
      const name = /^metadata:\n(?: .*\n)*? {2}name: (\S+)$/m.exec(text)?.[1];
      if (name === undefined) throw new Error(`${file} does not say which definition it is`);
      return { name, text };
    }),
  );
}
