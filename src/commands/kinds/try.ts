import type { ConfigurationProblem } from '../../core/configuration-problems.ts';
import { defaultConfiguration, readConfiguration } from '../../core/configuration.ts';
import { compileKinds, type Kinds } from '../../core/kinds/index.ts';
import { isFields } from '../../core/k8s/objects.ts';
import { splitApiVersion } from '../../core/k8s/api-version.ts';
import { printable, shownName } from '../../core/printable.ts';
import { InputError, loadDocuments, requireAll } from '../../files/documents.ts';
import { namespaceOf } from '../../files/file-cluster.ts';
import { readYamlFile } from '../../files/yaml-file.ts';
import { namespaceOption } from '../cluster-options.ts';
import { defineCommand, UsageError } from '../command.ts';
import { invalidConfiguration } from '../configuration-file.ts';
import { extractedText } from './extracted.ts';

export const tryDescription = defineCommand({
  name: 'kinds try',
  summary: 'print what a description of a kind reads of an object',
  group: 'Check and explain',
  usage: 'DESCRIPTION FILES... [options]',
  description: `
Prints each value that a description reads of the objects in files, with its path, and the fields that it does not read. DESCRIPTION is a
file with one description, or a configuration with a list of them under kinds.

It never prints a value that may be a credential. A literal is shown as [redacted], and of a URL only the origin is shown.`,
  options: { namespace: namespaceOption },
  argument: {
    name: 'files',
    many: true,
    required: true,
    what: 'a description and at least one file or folder, or - for standard input',
  },
  examples: [
    ['sallyport kinds try toolbox.yaml object.yaml', 'try a description on an object'],
    [
      'kubectl get toolboxes -A -o yaml | sallyport kinds try config.yaml -',
      "try the kinds of a configuration on a cluster's objects",
    ],
  ],
  exit: {
    0: 'every object of the kind is read',
    1: 'an object has a field of another type, or no object is of the kind',
    2: 'the command line, the description or the input cannot be read',
  },
  async run({ files: [description = '', ...files], namespace }, terminal) {
    if (files.length === 0)
      throw new UsageError('kinds try needs at least one file with objects after the description');
    const kinds = await loadDescriptions(description);
    const { documents, unread } = await loadDocuments(files, terminal.stdin);
    requireAll(unread);
    let read = 0;
    let wrong = false;
    for (const { file, object } of documents) {
      const { group, version } = splitApiVersion(object.apiVersion);
      const kind = kinds.find(group, object.kind);
      if (!kind) continue;
      const name = typeof object.metadata?.name === 'string' ? object.metadata.name : '';
      const owner = { group, version, kind: object.kind, namespace: namespaceOf(object, namespace), name };
      const reading = kind.read(object, owner);
      wrong ||= reading.mismatches.length > 0 || reading.exceeded !== undefined;
      read += 1;
      const known = kind.readFields(kind.versions.includes(version) ? version : (kind.versions[0] ?? ''));
      const title = `${file}: ${object.kind} ${shownName(owner.namespace)}/${shownName(name)}`;
      terminal.out(`${read === 1 ? '' : '\n'}${printable(title)}\n${extractedText(object, reading, known)}`);
    }
    if (read > 0) return wrong ? 1 : 0;
    const known = kinds.all.map(({ kind, group }) => `${kind} of ${group}`).join(', ');
    terminal.err(`${files.join(', ')}: no object is of a kind that ${description} describes (${known})\n`);
    return 1;
  },
});

/** A problem of `kinds[0]`, as one of the file that was read as this item. */
const inDescription = ({ keys, text }: ConfigurationProblem): ConfigurationProblem => ({
  keys,
  text: text.replace(/^kinds\[0\]\./, '').replace(/^kinds\[0\]:/, 'description:'),
});

/** The kinds of a configuration, or the one of a file that is a description. Throws `InputError` with every problem. */
async function loadDescriptions(file: string): Promise<Kinds> {
  const { value, placeOf } = await readYamlFile(file, 'description');
  const isConfiguration = isFields(value) && value['kind'] === 'Configuration' && 'apiVersion' in value;
  const { apiVersion, kind } = defaultConfiguration;
  const read = readConfiguration(isConfiguration ? value : { apiVersion, kind, kinds: [value] });
  if (read.kind === 'invalid')
    throw isConfiguration
      ? invalidConfiguration(read.problems, placeOf)
      : invalidConfiguration(read.problems.map(inDescription), (keys) => placeOf(keys.slice(2)));
  const own = read.configuration.kinds;
  if (own.length === 0)
    throw new InputError(`${file}: contains no description of a kind; to write one, see docs/kinds.md`);
  const all = compileKinds(own);
  const names = new Set(own.map(({ kind: word, group }) => `${word}.${group}`));
  return { ...all, all: all.all.filter((one) => names.has(`${one.kind}.${one.group}`)) };
}
