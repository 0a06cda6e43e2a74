import type { SourceFact } from '../core/facts.ts';
import { Path } from '../core/path.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { inspectStored } from '../engine/inspect-stored.ts';
import { overlay } from '../engine/fallback-cluster.ts';
import { loadDocuments, type Loaded } from '../files/documents.ts';
import { fileCluster } from '../files/file-cluster.ts';
import { storedIn } from '../files/file-inventory.ts';
import { testCaseName } from '../report/junit.ts';
import { counts, outputs, plural, render } from '../report/render.ts';
import { reportedOf, type Reported } from '../report/reported.ts';
import { contextCluster } from './cluster-options.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

/** Secrets rarely stand in a repository, so one that is not among the files is not a mistake. */
const notAmongFiles: SourceFact = {
  state: 'unknown',
  cause: 'not-asked',
  why: 'it is not among these files (--complete says they are everything)',
};

export const lint: Command = {
  name: 'lint',
  summary: 'check MCP resources in files, before they reach a cluster',
  help: `sallyport lint FILES... [options]

Checks every MCP resource in files, folders or standard input (-). Secrets, ConfigMaps and other resources among
them are what is known of the cluster. Folders: .yaml, .yml and .json; templates ({{) and documents that are not
Kubernetes objects are skipped and counted.

  --complete             the files are the whole truth: a Secret that is not among them is missing
  --context NAME         ask this cluster of your kubeconfig about Secrets that are not among the files
  -n, --namespace NAME   for objects that name no namespace (default: default)
  -o, --output FORMAT    text, json, sarif or junit (default: text)
  --config FILE          modes and exemptions, as the cluster has them

Exit: 0 no errors, 1 errors, 2 the command or the input cannot be read.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      complete: { type: 'boolean' },
      context: { type: 'string' },
      namespace: { type: 'string', short: 'n', default: 'default' },
      output: { type: 'string', short: 'o', default: 'text' },
      config: { type: 'string' },
    });
    if (positionals.length === 0)
      throw new UsageError('lint needs at least one file or folder, or - for standard input');
    const output = outputs.find((name) => name === values.output);
    if (!output) throw new UsageError(`--output must be one of ${outputs.join(', ')}`);
    if (values.complete && values.context !== undefined)
      throw new UsageError('--complete and --context exclude each other');

    const configuration = await loadConfiguration(values.config);
    const loaded = await loadDocuments(positionals, terminal.stdin);
    const live = values.context === undefined ? undefined : await contextCluster(values.context);
    const files = fileCluster(() => Promise.resolve(loaded.documents), {
      namespace: values.namespace,
      missing: values.complete ? { state: 'absent' } : notAmongFiles,
    });
    const engine = createEngine(settingsOf(configuration), live ? overlay(files, live) : files);
    const reported: Reported[] = [];
    const checked: string[] = [];
    const partial = !values.complete && !live;
    const deadline = { signal: terminal.stop };
    for (const { object, owner, placeOf } of loaded.documents.map((one) => storedIn(one, values.namespace))) {
      const kind = engine.kinds.find(owner.group, owner.kind);
      if (!kind?.selects(object)) continue;
      checked.push(testCaseName({ place: placeOf(Path.root), object: owner }));
      const { found } = await inspectStored(engine, { kind, object, owner }, deadline, partial);
      reported.push(...found.map((one) => reportedOf(one, owner, placeOf)));
    }
    terminal.out(render(output, { title: 'sallyport lint', reported, checked }));
    if (output === 'text') terminal.out(summary(reported, checked.length, loaded));
    return reported.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};

function summary(reported: readonly Reported[], checked: number, { documents, skipped }: Loaded): string {
  const parts = [
    `${plural(checked, 'MCP resource')} of ${plural(documents.length, 'object')} checked`,
    counts(reported),
    ...(skipped.templates > 0 ? [`${plural(skipped.templates, 'template')} skipped`] : []),
    ...(skipped.others > 0
      ? [
          `${plural(skipped.others, 'document')} that ${skipped.others === 1 ? 'is not a' : 'are no'} Kubernetes object${skipped.others === 1 ? '' : 's'} skipped`,
        ]
      : []),
  ];
  return `${parts.join('; ')}.\n`;
}
