import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { goToolchain } from './build.ts';
import { definitionOf, knownKinds, noSchema, withoutSchema, type KnownKind } from './crds.ts';
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

export interface Module {
  readonly module: string;
  readonly version: string;
  readonly definitions: string;
}

/** The pinned release of a module, or the release of ToolHive that SALLYPORT_TOOLHIVE names, such as v0.47.0. */
export function moduleOf(name: keyof typeof modules): Module {
  const pinned = modules[name];
  const version = (name === 'toolhive' && process.env['SALLYPORT_TOOLHIVE']) || pinned.version;
  if (!/^v\d+\.\d+\.\d+$/.test(version))
    throw new Error(
      `SALLYPORT_TOOLHIVE is ${version}; set it to a version of ${pinned.module}, such as ${pinned.version}`,
    );
  return { ...pinned, version };
}

export interface Definition {
  readonly name: string;
  /** The releases at hand, newest first, each as `kubectl apply` takes it: YAML or JSON. */
  readonly texts: readonly string[];
}

/**
 * The custom resource definitions at hand. A described kind that has none gets a minimal one, and the run names it.
 * The definitions of `programs`, the modules whose programs run in the cluster, precede newer ones.
 */
export async function definitions(
  say: (line: string) => void,
  programs: readonly Module[] = [],
): Promise<readonly Definition[]> {
  const found = new Map<string, readonly string[]>();
  for (const folder of await folders(say, programs))
    for (const { name, text } of await definitionsIn(folder))
      found.set(name, [...(found.get(name) ?? []), text]);

  const minimal: string[] = [];
  const older = new Set<string>();
  for (const kind of merged([...(await knownKinds()), ...familyKinds()])) {
    // Every cluster has ConfigMaps.
    if (kind.group === '') continue;
    const name = `${kind.plural}.${kind.group}`;
    const real = found.get(name);
    if (!real) {
      minimal.push(name);
      found.set(name, [JSON.stringify(definitionOf(kind))]);
      continue;
    }
    const completed = real.map((text) => {
      const missing = kind.versions.filter(
        (version) => !new RegExp(`^ +(?:- )?name: ${version}$`, 'm').test(text),
      );
      if (missing.length > 0) older.add(`${name} ${missing.join(', ')}`);
      return adapted(text, missing);
    });
    found.set(name, completed);
  }
  if (minimal.length > 0) say(`MINIMAL, with no schema of the operator's: ${minimal.join(', ')}`);
  if (older.size > 0)
    say(`MINIMAL VERSIONS, which the definitions at hand do not serve: ${[...older].join('; ')}`);
  return [...found].map(([name, texts]) => ({ name, texts }));
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

/**
 * With versions that a later release serves, as far as their kind is described, without a schema; and without conversion,
 * because no operator runs here that could convert.
 */
function adapted(text: string, versions: readonly string[]): string {
  const converts = /^ +strategy: Webhook$/m.test(text);
  if (versions.length === 0 && !converts) return text;
  const definition = parse(text) as {
    metadata: { annotations?: Record<string, string> };
    spec: { versions: unknown[]; conversion?: unknown };
  };
  for (const name of versions)
    definition.spec.versions.push({ name, served: true, storage: false, schema: noSchema });
  if (versions.length > 0)
    definition.metadata.annotations = {
      ...definition.metadata.annotations,
      [withoutSchema]: versions.join(','),
    };
  if (converts) definition.spec.conversion = { strategy: 'None' };
  return JSON.stringify(definition);
}

/** Newest first: of SALLYPORT_UPSTREAM the last folder is the newest, and the modules are pinned to older releases. */
async function folders(say: (line: string) => void, programs: readonly Module[]): Promise<readonly string[]> {
  const upstream = (process.env['SALLYPORT_UPSTREAM'] ?? '')
    .split(path.delimiter)
    .filter((one) => one !== '');
  const given = upstream.map((folder) => path.join(folder, 'crds')).toReversed();
  if (isThere('go')) {
    const others = [moduleOf('toolhive'), moduleOf('kmcp')].filter(
      ({ module }) => !programs.some((one) => one.module === module),
    );
    return [...(await definitionFolders(programs)), ...given, ...(await definitionFolders(others))];
  }
  say('WITHOUT GO the definitions of ToolHive and kmcp cannot be downloaded');
  return given;
}

const definitionFolders = (from: readonly Module[]): Promise<string[]> =>
  Promise.all(from.map(async (one) => path.join(await moduleFolder(one), one.definitions)));

/** Go keeps what it downloaded, checks it against its public record of hashes, and says where it is. */
export async function moduleFolder({ module, version }: Module): Promise<string> {
  // From a folder without a go.mod, because a module named here is nobody's dependency.
  const answer = await run('go', ['mod', 'download', '-json', `${module}@${version}`], {
    cwd: tmpdir(),
    env: goToolchain,
  });
  const { Dir } = JSON.parse(answer) as { readonly Dir: string };
  return Dir;
}

interface Text {
  readonly name: string;
  readonly text: string;
}

async function definitionsIn(folder: string): Promise<readonly Text[]> {
  const files = (await readdir(folder, { recursive: true }))
    .filter((file) => file.endsWith('.yaml'))
    .toSorted();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return texts
    .filter((text) => /^kind: CustomResourceDefinition$/m.test(text))
    .map((text, i) => {
      // The name alone: parsing hundreds of thousands of lines would take longer than the cluster does to start.
      const name = /^metadata:\n(?: .*\n)*? {2}name: (\S+)$/m.exec(text)?.[1];
      if (name === undefined) throw new Error(`${folder}: definition ${i} has no name`);
      return { name, text };
    });
}
