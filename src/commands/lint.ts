import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SourceFact } from '../core/facts.ts';
import { Path } from '../core/path.ts';
import { isUnfilled } from '../core/review/unfilled.ts';
import { shellQuoted } from '../core/shell.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { inspectDocument } from '../engine/inspect-document.ts';
import { overlay } from '../engine/fallback-cluster.ts';
import { loadDocuments, unreadLines, type Loaded } from '../files/documents.ts';
import { fileCluster } from '../files/file-cluster.ts';
import { ignoreRules } from '../files/ignore.ts';
import { storedIn } from '../files/file-inventory.ts';
import { objectKey } from '../report/baseline.ts';
import { testCaseName, type Checked } from '../report/junit.ts';
import { counts, plural, render } from '../report/render.ts';
import { reportedOf, type Reported } from '../report/reported.ts';
import { reportedUnread } from '../report/unread.ts';
import { checkedText, progressOn, readText } from '../terminal/progress.ts';
import { applyBaseline, readBaseline } from './baseline-file.ts';
import {
  configOption,
  contextCluster,
  contextOptions,
  excludeOption,
  namespaceOption,
  outputOption,
  severityOption,
} from './cluster-options.ts';
import {
  defineCommand,
  unreadable,
  UsageError,
  type Argument,
  type CommandTerminal,
  type Options,
  type Values,
} from './command.ts';
import { loadConfiguration } from './configuration-file.ts';
import { repeatOnChange } from './repeat-on-change.ts';

/** Secrets rarely stand in a repository, so one that is not among the files is not a mistake. */
const notAmongFiles: SourceFact = {
  state: 'unknown',
  cause: 'not-asked',
  why: 'it is not among these files (--complete treats it as missing)',
};

const documentsPerTurn = 20;

const options = {
  complete: { type: 'flag', help: 'a Secret or resource that is not among the files does not exist' },
  ...contextOptions('look up what is not among the files in this cluster of your kubeconfig'),
  namespace: namespaceOption,
  output: outputOption,
  severity: severityOption,
  exclude: excludeOption,
  baseline: {
    type: 'value',
    value: 'FILE',
    help: 'report only findings that are not in this file; the others do not change the exit code',
  },
  'update-baseline': { type: 'flag', help: 'write the findings to the file of --baseline' },
  watch: { type: 'flag', help: 'check again whenever a file changes, until you press Ctrl-C' },
  config: configOption('a file with modes and exemptions, as the webhooks use it'),
} as const satisfies Options;

const argument = {
  name: 'files',
  many: true,
  required: true,
  what: 'at least one file or folder, or - for standard input',
} as const satisfies Argument;

export const lint = defineCommand({
  name: 'lint',
  summary: 'check MCP resources and workloads in files, before they reach a cluster',
  group: 'Check and explain',
  usage: 'FILES... [options]',
  description: `
Checks every MCP resource and workload in files, in folders or on standard input (-), and Sallyport's labels and annotations on every
object. Secrets, ConfigMaps and other resources among the files are used as the cluster's.

In folders, lint reads .yaml, .yml and .json files. It skips and counts templates ({{) and documents that are not Kubernetes objects.`,
  options,
  argument,
  examples: [
    ['sallyport lint manifests/', 'check every resource of a folder'],
    ['helm template charts/agents | sallyport lint -', 'check what a chart renders'],
    [
      'sallyport lint manifests/ --baseline baseline.json --update-baseline',
      'accept the findings of today; from now on, --baseline baseline.json reports new ones',
    ],
    ['sallyport lint manifests/ --watch', 'check again after each change'],
    ['sallyport lint manifests/ --output sarif > sallyport.sarif', 'write a report for code scanning'],
  ],
  exit: { 0: 'no errors', 1: 'at least one error', 2: unreadable },
  async run(values, terminal) {
    if (values.complete && values.context !== undefined)
      throw new UsageError('--complete and --context exclude each other');
    if (values['update-baseline'] && values.baseline === undefined)
      throw new UsageError('--update-baseline needs --baseline FILE');
    if (!values.watch) return lintOnce(values, terminal);
    const unfit = [
      values.files.includes('-') && 'standard input (-)',
      values['update-baseline'] && '--update-baseline',
      values.output !== 'text' && `--output ${values.output}`,
    ].find((one) => one !== false);
    if (unfit !== undefined) throw new UsageError(`--watch and ${unfit} exclude each other`);
    const files = [values.config, values.baseline].filter((one) => one !== undefined);
    return repeatOnChange(
      { inputs: values.files, exclude: values.exclude, files },
      () => lintOnce(values, terminal),
      terminal,
    );
  },
});

async function lintOnce(
  values: Values<typeof options, typeof argument>,
  terminal: CommandTerminal,
): Promise<number> {
  const configuration = await loadConfiguration(values.config);
  const baseline =
    values.baseline === undefined
      ? undefined
      : await readBaseline(values.baseline, values['update-baseline']);
  const progress = progressOn(terminal);
  const loaded = await loadDocuments(values.files, terminal.stdin, {
    ignore: ignoreRules(process.cwd(), values.exclude),
    stop: terminal.stop,
    onRead: (files) => progress.show(readText(files)),
  });
  const live = await contextCluster(values, terminal);
  const files = fileCluster(() => Promise.resolve(loaded.documents), {
    namespace: values.namespace,
    missing: values.complete ? { state: 'absent' } : notAmongFiles,
  });
  const engine = createEngine(settingsOf(configuration), live ? overlay(files, live) : files);
  const reported: Reported[] = loaded.unread.map(reportedUnread);
  const checked: Checked[] = reported.map((one) => ({ name: testCaseName(one), seconds: 0 }));
  const objects = new Set<string>();
  const counted = { resource: 0, workload: 0, other: 0 };
  const partial = !values.complete && !live;
  const deadline = { signal: terminal.stop };
  for (const [done, document] of loaded.documents.entries()) {
    // Between two turns a signal is heard, and what was parsed may leave the memory.
    if (done % documentsPerTurn === 0) {
      if (done > 0) progress.show(checkedText(done, loaded.documents.length));
      await nextTurn();
    }
    const started = terminal.now();
    const { object, owner, placeOf } = storedIn(document, values.namespace);
    const { checkedAs, found } = await inspectDocument(engine, { object, owner }, deadline, partial);
    if (checkedAs !== 'other' || found.length > 0)
      checked.push({
        name: testCaseName({ place: placeOf(Path.root), object: owner }),
        seconds: (terminal.now() - started) / 1000,
      });
    counted[checkedAs] += 1;
    if (baseline) objects.add(objectKey(owner));
    const known = found.filter(({ finding }) => !isUnfilled(finding, object));
    reported.push(...known.map((one) => reportedOf(one, owner, placeOf)));
  }
  progress.clear();
  const isWhole = loaded.unread.length === 0;
  const compared = baseline && (await applyBaseline(baseline, { reported, objects, isWhole }, terminal));
  const shown = compared?.added ?? reported;
  terminal.out(
    render(
      values.output,
      {
        title: 'sallyport lint',
        reported: shown,
        total: checked.length - loaded.unread.length,
        checked,
        accepted: compared?.accepted,
      },
      { style: terminal.outStyle, severity: values.severity },
    ),
  );
  if (values.output === 'text' && !terminal.quiet)
    terminal.out(summary(shown, counted, loaded, compared?.accepted));
  if (values.output !== 'text') terminal.err(unreadLines(loaded.unread));
  if (!terminal.quiet) terminal.err(renderHint(loaded.skipped, terminal.program));
  if (!isWhole) return 2;
  return shown.some(({ severity }) => severity === 'error') ? 1 : 0;
}

interface Counted {
  readonly resource: number;
  readonly workload: number;
}

function summary(
  reported: readonly Reported[],
  { resource, workload }: Counted,
  { documents, skipped }: Loaded,
  accepted: number | undefined,
): string {
  const workloads = workload === 0 ? '' : ` and ${plural(workload, 'workload')}`;
  const parts = [
    `${plural(resource, 'MCP resource')}${workloads} of ${plural(documents.length, 'object')} checked`,
    counts(reported),
    ...(accepted === undefined ? [] : [`${plural(accepted, 'finding')} in the baseline`]),
    ...(skipped.ignored > 0 ? [`${skipped.ignored} ignored`] : []),
    ...(skipped.templates > 0 ? [`${plural(skipped.templates, 'template')} skipped`] : []),
    ...(skipped.others > 0
      ? [
          `${plural(skipped.others, 'document')} that ${skipped.others === 1 ? 'is not a' : 'are no'} Kubernetes object${skipped.others === 1 ? '' : 's'} skipped`,
        ]
      : []),
  ];
  return `${parts.join('; ')}.\n`;
}

/** What checks the templates that lint cannot. */
function renderHint({ charts }: Loaded['skipped'], program: string): string {
  const [chart, ...more] = charts;
  if (chart === undefined) return '';
  const others = more.length > 0 ? `; the same for ${plural(more.length, 'other chart')}` : '';
  return `Templates are checked once they are rendered: helm template ${shellQuoted(chart)} | ${program} lint -${others}\n`;
}
