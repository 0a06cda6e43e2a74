import { NotListed } from '../../core/cluster.ts';
import { isFields } from '../../core/k8s/objects.ts';
import type { KindDescription } from '../../core/kinds/description.ts';
import { writtenKinds } from '../../core/kinds/index.ts';
import { inGroup } from '../../core/model.ts';
import { printable } from '../../core/printable.ts';
import { shellQuoted } from '../../core/shell.ts';
import {
  coverageOf,
  coverageOfPages,
  isComplete,
  recordFor,
  type Coverage,
  type KindCoverage,
} from '../../core/schemas/coverage.ts';
import { fieldReasons } from '../../core/schemas/credential-fields.ts';
import { definitionsIn, type Definition } from '../../core/schemas/definition.ts';
import { InputError, loadDocuments, requireAll } from '../../files/documents.ts';
import { printJson } from '../../report/json.ts';
import { chosenCluster, configOption, contextOptions, jsonOption } from '../cluster-options.ts';
import { defineCommand, UsageError, type CommandTerminal } from '../command.ts';
import { loadConfiguration } from '../configuration-file.ts';

export const coverage = defineCommand({
  name: 'kinds coverage',
  summary: 'print fields and kinds of CRDs that can hold a credential and are not checked',
  group: 'Check and explain',
  usage: '[FILES...] [options]',
  description: `
Compares custom resource definitions with the kinds that are checked. Prints served versions that no description has, fields that can
hold a credential and are not read, and kinds that are about MCP and have no description. The definitions are in files, or in a
cluster with --context. Reads no custom resource and no Secret.

Run it after an upgrade of an operator.`,
  options: {
    ...contextOptions('read the definitions of this cluster'),
    config: configOption("a configuration file with a team's own kinds"),
    output: jsonOption,
  },
  argument: { name: 'files', many: true, what: 'files or folders of definitions, or - for standard input' },
  examples: [
    ['sallyport kinds coverage crds/', 'check the definitions of a release before an upgrade'],
    ['sallyport kinds coverage --context staging', 'check the definitions of a cluster'],
  ],
  exit: {
    0: 'every field that can hold a credential is read or reviewed',
    1: 'a kind, a version or a field is not checked',
    2: 'the command line, the input or the cluster cannot be read',
  },
  async run({ files, config, output, ...chosen }, terminal) {
    if ((files.length === 0) === (chosen.context === undefined))
      throw new UsageError('kinds coverage needs either files with definitions or --context NAME');
    const descriptions = writtenKinds((await loadConfiguration(config)).kinds);
    const found =
      files.length > 0
        ? coverageOf(await fromFiles(files, terminal), descriptions)
        : await fromCluster(chosen, terminal, descriptions);
    terminal.out(output === 'json' ? jsonOf(found) : textOf(found, terminal.quiet));
    return found.kinds.every(isComplete) ? 0 : 1;
  },
});

async function fromFiles(
  files: readonly string[],
  terminal: CommandTerminal,
): Promise<readonly Definition[]> {
  const { documents, unread } = await loadDocuments(files, terminal.stdin);
  requireAll(unread);
  const definitions = definitionsIn(documents.map(({ object }) => object).filter(isFields));
  if (definitions.length === 0)
    throw new InputError(
      `${files.join(', ')}: contains no CustomResourceDefinition; to write those of a cluster to a file, run: kubectl get crd -o yaml > crds.yaml`,
    );
  return definitions;
}

async function fromCluster(
  chosen: Parameters<typeof chosenCluster>[0],
  terminal: CommandTerminal,
  descriptions: readonly KindDescription[],
): Promise<Coverage> {
  const cluster = await chosenCluster(chosen, terminal);
  if (!cluster) return coverageOf([], descriptions);
  const { definitionPages } = await import('../../kube/inventory.ts');
  try {
    return await coverageOfPages(definitionPages(cluster.config, terminal.stop), descriptions);
  } catch (error) {
    if (!(error instanceof NotListed)) throw error;
    const context = shellQuoted(cluster.context);
    throw new InputError(
      `the custom resource definitions of context ${context} cannot be read: ${error.message}; try: kubectl --context ${context} get crd`,
    );
  }
}

/** As docs/schemas/coverage.schema.json says. */
const jsonOf = ({ kinds, unrelated }: Coverage): string =>
  printJson({
    kinds: kinds.map((one) => ({
      group: one.group,
      kind: one.kind,
      plural: one.plural,
      ...(one.family === undefined ? {} : { family: one.family }),
      complete: isComplete(one),
      unknownVersions: one.unknownVersions,
      uncheckedVersions: one.unchecked,
      unread: one.unread.map((field) => ({
        path: field.path,
        versions: field.versions,
        reason: field.reason,
        record: recordFor(field),
      })),
    })),
    unrelated,
  });

/** Fields of a kind without a description that are printed. */
const shown = 10;

function textOf({ kinds, unrelated }: Coverage, quiet: boolean): string {
  const incomplete = kinds.filter((one) => !isComplete(one));
  const described = kinds.filter(({ family }) => family !== undefined);
  const summary = [
    `${described.filter(isComplete).length} of ${described.length} kinds with a description are read completely; ` +
      `${kinds.length - described.length} kinds have no description; ${unrelated} other kinds have nothing to do with MCP.`,
    ...(incomplete.length === 0
      ? []
      : [
          'To check a kind of your own, describe it under kinds in the configuration (docs/kinds.md); add each field that is ' +
            'harmless to reviewed, with the reason. For a built-in kind, upgrade Sallyport or report the field.',
        ]),
  ];
  return [...incomplete.flatMap((one) => [...linesOf(one), '']), ...(quiet ? [] : summary)]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function linesOf(one: KindCoverage): string[] {
  const { kind, group, family, unknownVersions, unchecked, unread } = one;
  const fields = `${unread.length} ${unread.length === 1 ? 'field' : 'fields'}`;
  const head =
    family === undefined
      ? `no description; ${fields} can hold a credential`
      : `${fields} can hold a credential and ${unread.length === 1 ? 'is' : 'are'} not read`;
  const listed = family === undefined ? unread.slice(0, shown) : unread;
  return [
    `${inGroup(kind, group)}: ${head}`,
    ...unknownVersions.map((version) => `  version ${version}: not described, read as the newest that is`),
    ...unchecked.map((version) => `  version ${version}: the schema is too large, so part of it is unknown`),
    ...listed.flatMap((field) => [
      `  ${field.path} (${field.versions.join(', ')}): ${fieldReasons[field.reason]}`,
      `    to read it: ${recordFor(field)}`,
    ]),
    ...(listed.length < unread.length
      ? [`  and ${unread.length - listed.length} more; --output json prints all`]
      : []),
  ];
}
