import { UnlimitedSecrets, type UnlimitedSecret } from '../core/audit/unlimited-secrets.ts';
import { uncheckedText } from '../core/audit/undescribed.ts';
import { writtenKinds } from '../core/kinds/index.ts';
import { printable } from '../core/printable.ts';
import { sourceText } from '../core/model.ts';
import { Path } from '../core/path.ts';
import { isUnfilled } from '../core/review/unfilled.ts';
import type { SourceFact } from '../core/facts.ts';
import type { Cluster, Inventory, StoredObject } from '../core/cluster.ts';
import { audit as auditAll } from '../engine/audit.ts';
import { countedInventory } from '../engine/counted-inventory.ts';
import { createEngine, settingsOf } from '../engine/engine.ts';
import { rememberFacts } from '../engine/fact-cache.ts';
import { loadDocuments, unreadLines, type UnreadFile } from '../files/documents.ts';
import { fileCluster } from '../files/file-cluster.ts';
import { ignoreRules } from '../files/ignore.ts';
import { fileInventory } from '../files/file-inventory.ts';
import { testCaseName, type Checked } from '../report/junit.ts';
import { counts, plural, render } from '../report/render.ts';
import { reportedOf, type SourceLocation, type Reported } from '../report/reported.ts';
import { reportedUnread } from '../report/unread.ts';
import { checkedText, progressOn, readText } from '../terminal/progress.ts';
import {
  clusterFolderOption,
  configOption,
  contextOptions,
  namedOrCurrent,
  requireContext,
  type ContextValues,
  outputOption,
  severityOption,
  excludeOption,
} from './cluster-options.ts';
import { countUndescribed, definitionsInFiles, type Counted, type Definitions } from './audit-undescribed.ts';
import { defineCommand, unreadable, UsageError, type CommandTerminal } from './command.ts';
import type { ChosenCluster } from '../kube/reachable.ts';
import { usedConfiguration } from './used-configuration.ts';

export const audit = defineCommand({
  name: 'audit',
  summary: 'check stored resources, and pods that are outdated or unprotected',
  group: 'Examine a cluster',
  usage: '[--context NAME | --cluster DIR | FILES...] [options]',
  description: `
Without --context, --cluster and files, audit checks the cluster of the current context of your kubeconfig.

Checks every stored MCP resource by the rules of admission, and every pod: whether its proxy has another configuration than its
resources give now or another image than the configuration names (MCP510), whether it is labelled and has no proxy because it was
stored while no webhook ran (MCP501), and whether it is an operator's and was left alone (MCP511). It changes nothing.

It also lists the Secrets that are used without an origin limit (MCP209), each with the command that limits it to the origins that it
is sent to today: in text as lines to paste, in JSON as notes about the Secrets.

It also counts the objects of kinds about MCP that no description reads, of which nothing was checked.

FILES are files, folders or standard input (-); a Secret that is not among them is a note.`,
  options: {
    ...contextOptions(
      'check this cluster of your kubeconfig, with your own rights; a Secret that you may not get is reported as not checked',
    ),
    cluster: clusterFolderOption,
    namespace: {
      type: 'value',
      short: 'n',
      value: 'NAME',
      help: 'check this namespace of a cluster; in files, the namespace of objects that name none (default: default)',
    },
    output: outputOption,
    severity: severityOption,
    exclude: excludeOption,
    config: configOption(
      'the configuration file; without it, the configuration that is installed in the cluster',
    ),
  },
  argument: { name: 'files', many: true, what: 'files, folders, or - for standard input' },
  examples: [
    ['sallyport audit', 'check every namespace of the current context'],
    ['sallyport audit --context prod -n team-a', 'check one namespace'],
    ['sallyport audit --cluster backup/', 'check exported objects as if they were the whole cluster'],
  ],
  exit: {
    0: 'no errors',
    1: 'at least one error, or an operator-made pod that was missed while no webhook ran (MCP511)',
    2: `${unreadable}, or something could not be listed`,
  },
  async run(values, terminal) {
    const { output } = values;
    const targets = [values.context, values.cluster, values.files[0]].filter((one) => one !== undefined);
    if (targets.length > 1)
      throw new UsageError('audit takes only one of --context NAME, --cluster DIR and files');
    if (targets.length > 0) requireContext(values);

    const progress = progressOn(terminal);
    const asked = await targetOf(values, terminal, (files) => progress.show(readText(files)));
    progress.clear();
    const configuration = await usedConfiguration(values.config, asked.chosen, terminal);
    const engine = createEngine(
      settingsOf(configuration),
      rememberFacts(asked.cluster, () => terminal.now()),
    );
    const reported: Reported[] = asked.unread.map(reportedUnread);
    const checked: Checked[] = reported.map((one) => ({ name: testCaseName(one), seconds: 0 }));
    const unlisted: string[] = [];
    const unlimited = new UnlimitedSecrets();
    const looked = { resource: 0, pod: 0, copy: 0, other: 0 };
    let missed = false;
    const deadline = { signal: terminal.stop };
    let before = terminal.now();
    const inventory = countedInventory(asked.inventory, (count) => progress.show(checkedText(count)));
    for await (const one of auditAll(engine, inventory, deadline, asked.partial)) {
      if (one.kind === 'unlisted') {
        if (one.optional) {
          progress.clear();
          terminal.err(`sallyport: the labels and annotations of ${one.what} were not checked: ${one.why}\n`);
        } else unlisted.push(`${one.what} could not be listed: ${one.why}`);
        continue;
      }
      const { owner, placeOf } = one.stored;
      looked[one.kind] += 1;
      unlimited.add(one.unlimited, owner);
      missed ||= one.found.some(({ finding }) => finding.missed);
      const now = terminal.now();
      // Only that report names objects without findings.
      if (output === 'junit')
        checked.push({
          name: testCaseName({ place: placeOf?.(Path.root), object: owner }),
          seconds: (now - before) / 1000,
        });
      before = now;
      const known = asked.partial
        ? one.found.filter(({ finding }) => !isUnfilled(finding, one.stored.object))
        : one.found;
      reported.push(...known.map((found) => reportedOf(found, owner, placeOf)));
    }
    progress.clear();
    const undescribed = await countUndescribed(asked.definitions, writtenKinds(configuration.kinds));
    progress.clear();
    const secrets = unlimited.list();
    if (output === 'json') reported.push(...secrets.map(reportedSecret));
    terminal.out(
      render(
        output,
        {
          title: 'sallyport audit',
          reported,
          total: looked.resource + looked.pod,
          checked,
          problems: unlisted,
          undescribed: undescribed.state === 'counted' ? undescribed.unchecked : null,
        },
        { style: terminal.outStyle, severity: values.severity },
      ),
    );
    if (output === 'text' && !terminal.quiet)
      terminal.out(
        `${plural(looked.resource, 'MCP resource')} and ${plural(looked.pod, 'pod')} checked; ${counts(reported)}.\n${undescribedLine(undescribed)}${limitCommands(secrets)}`,
      );
    if (output !== 'text') terminal.err(unreadLines(asked.unread));
    for (const line of unlisted) terminal.err(`sallyport: ${line}\n`);
    if (unlisted.length > 0 || asked.unread.length > 0) return 2;
    return missed || reported.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
});

/** Empty if there is no such object. */
function undescribedLine(counted: Counted): string {
  if (counted.state === 'unknown')
    return `${printable(`Objects of kinds that no description reads were not counted: ${counted.why}.`)}\n`;
  if (counted.unchecked.length === 0) return '';
  return `${printable(`${uncheckedText(counted.unchecked)}. To see their fields: sallyport kinds coverage.`)}\n`;
}

/** A note about the Secret itself, with the command as its fix, whatever mode MCP209 has. */
function reportedSecret({ source: { kind, namespace, name }, finding }: UnlimitedSecret): Reported {
  return reportedOf(
    { finding, mode: 'audit' },
    { group: '', version: 'v1', kind, namespace, name },
    undefined,
  );
}

/** Comments and commands, so that all of it can be pasted once it is reviewed. */
function limitCommands(secrets: readonly UnlimitedSecret[]): string {
  if (secrets.length === 0) return '';
  const lines = secrets.flatMap(({ source, usedBy, command }) => [
    `# ${sourceText(source)}, used by ${usedBy}`,
    command,
  ]);
  return [
    '',
    `# ${plural(secrets.length, 'Secret')} without an origin limit (MCP209). Review each origin, then run as the Secret's owner:`,
    ...lines.map(printable),
    '',
  ].join('\n');
}

interface Target {
  readonly cluster: Cluster;
  readonly inventory: Inventory<StoredObject & { readonly placeOf?: (at: Path) => SourceLocation }>;
  /** What is not there may be somewhere else. */
  readonly partial: boolean;
  readonly unread: readonly UnreadFile[];
  readonly definitions: Definitions;
  /** Left out when the files are the cluster. */
  readonly chosen?: ChosenCluster;
}

interface Choice extends ContextValues {
  readonly cluster?: string | undefined;
  readonly namespace?: string | undefined;
  readonly files: readonly string[];
  readonly exclude: readonly string[];
}

async function targetOf(
  choice: Choice,
  terminal: CommandTerminal,
  onRead: (files: number) => void,
): Promise<Target> {
  if (choice.cluster === undefined && choice.files.length === 0) {
    const chosen = await namedOrCurrent(choice, terminal);
    const { config } = chosen;
    const { kubeCluster } = await import('../kube/kube-cluster.ts');
    const { countObjects, definitionPages, kubeInventory } = await import('../kube/inventory.ts');
    return {
      cluster: kubeCluster(config),
      inventory: kubeInventory(config, choice.namespace),
      partial: false,
      unread: [],
      definitions: {
        pages: () => definitionPages(config, terminal.stop),
        count: (kind) => countObjects(config, kind, choice.namespace, terminal.stop),
      },
      chosen,
    };
  }
  const partial = choice.cluster === undefined;
  const { documents, unread } = await loadDocuments(
    choice.cluster === undefined ? choice.files : [choice.cluster],
    terminal.stdin,
    { ignore: ignoreRules(process.cwd(), choice.exclude), stop: terminal.stop, onRead },
  );
  const namespace = choice.namespace ?? 'default';
  const missing: SourceFact = partial
    ? { state: 'unknown', cause: 'not-asked', why: 'it is not among these files' }
    : { state: 'absent' };
  return {
    cluster: fileCluster(() => Promise.resolve(documents), { namespace, missing }),
    inventory: fileInventory(documents, namespace),
    partial,
    unread,
    definitions: definitionsInFiles(documents),
  };
}
