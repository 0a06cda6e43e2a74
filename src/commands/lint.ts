import type { Configuration } from '../core/configuration.ts';
import { neededObjects, neededSources, type LinkFacts, type SourceFact } from '../core/facts.ts';
import { splitApiVersion } from '../core/api-version.ts';
import { compileKinds, type Kinds } from '../core/kinds/index.ts';
import { inGroup, objectKey, type McpServer, type ObjectRef } from '../core/model.ts';
import type { Cluster, Deadline } from '../core/ports.ts';
import { rivalsOf } from '../core/rivals.ts';
import { inspect } from '../core/review/inspect.ts';
import { modeOf } from '../core/review/mode.ts';
import { lookUpLinks, serversOf } from '../engine/links.ts';
import { loadDocuments, type Loaded, type SourceDocument } from '../files/documents.ts';
import { fileCluster, namespaceOf } from '../files/file-cluster.ts';
import { jsonReport } from '../report/json.ts';
import { junitReport, nameOf } from '../report/junit.ts';
import { severityOf, type Reported } from '../report/reported.ts';
import { sarifReport } from '../report/sarif.ts';
import { textReport } from '../report/text.ts';
import { contextCluster } from './cluster-options.ts';
import { parseArguments, UsageError, type Command } from './command.ts';
import { loadConfiguration } from './configuration-file.ts';

const outputs = ['text', 'json', 'sarif', 'junit'] as const;
type Output = (typeof outputs)[number];

/** Secrets rarely stand in a repository, so one that is not among the files is not a mistake. */
const notAmongFiles: SourceFact = {
  state: 'unknown',
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
    const job = {
      configuration,
      kinds: compileKinds(configuration.kinds),
      namespace: values.namespace,
      complete: values.complete ?? false,
      live,
    };
    const { reported, checked } = await lintDocuments(loaded.documents, job, { signal: terminal.stop });
    terminal.out(render(output, reported, checked));
    if (output === 'text') terminal.out(summary(reported, checked.length, loaded));
    return reported.some(({ severity }) => severity === 'error') ? 1 : 0;
  },
};

/** A file has no requester. */
const nobodyAsks = new Map<string, never>();

interface LintJob {
  readonly configuration: Configuration;
  readonly kinds: Kinds;
  readonly namespace: string;
  readonly complete: boolean;
  readonly live: Cluster | undefined;
}

async function lintDocuments(documents: readonly SourceDocument[], job: LintJob, deadline: Deadline) {
  const files = fileCluster(() => Promise.resolve(documents), {
    namespace: job.namespace,
    missing: job.complete ? { state: 'absent' } : notAmongFiles,
  });
  const reported: Reported[] = [];
  const checked: string[] = [];
  for (const document of documents) {
    const owner = ownerOf(document, job.namespace);
    const kind = job.kinds.find(owner.group, owner.kind);
    if (!kind?.selects(document.object)) continue;
    checked.push(nameOf({ file: document.file, object: owner }));
    const reading = kind.read(document.object, owner);
    const links = await linksOf(reading.servers, files, job, deadline);
    const sources = neededSources([...reading.servers, ...serversOf(neededObjects(reading.servers), links)]);
    const facts = new Map(await files.facts(sources, deadline));
    const open = sources.filter(
      (source) => facts.get(`${source.kind}/${source.namespace}/${source.name}`)?.state !== 'present',
    );
    for (const [key, fact] of (await job.live?.facts(open, deadline)) ?? []) facts.set(key, fact);
    const now = Date.now();
    const subject = {
      kind: inGroup(kind.plural, kind.group),
      namespace: owner.namespace,
      name: owner.name,
      username: '',
      today: new Date(now).toISOString().slice(0, 10),
    };
    for (const finding of inspect(reading, {
      facts,
      links,
      access: nobodyAsks,
      now,
      credentialNames: job.configuration.credentials.headers,
    })) {
      const mode = modeOf(finding.code, subject, job.configuration);
      // A Secret that only these files do not show is a note, not a warning.
      const severity =
        finding.code === 'MCP203' && !job.live && mode !== 'off'
          ? 'info'
          : severityOf(finding.pending !== undefined && mode === 'enforce' ? 'warn' : mode);
      if (severity)
        reported.push({
          finding,
          severity,
          file: document.file,
          position: document.position(finding.at),
          object: owner,
        });
    }
  }
  return { reported, checked };
}

/** Objects that are not among the files are asked for where there is somebody to ask; else nothing is said of them. */
async function linksOf(
  servers: readonly McpServer[],
  files: Cluster,
  { kinds, live, complete }: LintJob,
  deadline: Deadline,
): Promise<LinkFacts> {
  const targets = [...neededObjects(servers), ...servers.flatMap(rivalsOf)];
  const here = await lookUpLinks({ kinds, cluster: files }, targets, deadline);
  const open = targets.filter((target) => here.get(objectKey(target))?.state === 'absent');
  if (complete || open.length === 0) return here;
  const there = live ? await lookUpLinks({ kinds, cluster: live }, open, deadline) : new Map<string, never>();
  const present = [...here].filter(([, { state }]) => state === 'present');
  return new Map([...present, ...there]);
}

function ownerOf({ object }: SourceDocument, namespace: string): ObjectRef {
  const name = typeof object.metadata?.name === 'string' ? object.metadata.name : '(no name)';
  return {
    ...splitApiVersion(object.apiVersion),
    kind: object.kind,
    namespace: namespaceOf(object, namespace),
    name,
  };
}

function render(output: Output, reported: readonly Reported[], checked: readonly string[]): string {
  switch (output) {
    case 'text':
      return textReport(reported);
    case 'json':
      return jsonReport(reported);
    case 'sarif':
      return sarifReport(reported);
    case 'junit':
      return junitReport(reported, checked);
  }
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

function summary(reported: readonly Reported[], checked: number, { documents, skipped }: Loaded): string {
  const count = (severity: Reported['severity']) =>
    reported.filter((one) => one.severity === severity).length;
  const parts = [
    `${plural(checked, 'MCP resource')} of ${plural(documents.length, 'object')} checked`,
    `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(count('info'), 'note')}`,
    ...(skipped.templates > 0 ? [`${plural(skipped.templates, 'template')} skipped`] : []),
    ...(skipped.others > 0
      ? [
          `${plural(skipped.others, 'document')} that ${skipped.others === 1 ? 'is not a' : 'are no'} Kubernetes object${skipped.others === 1 ? '' : 's'} skipped`,
        ]
      : []),
  ];
  return `${parts.join('; ')}.\n`;
}
