import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inject, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createAuthority } from '../../src/certs/issue.ts';
import { folderCluster } from '../../src/commands/cluster-options.ts';
import { readConfiguration, type Configuration } from '../../src/core/configuration.ts';
import type { Cluster } from '../../src/core/cluster.ts';
import type { AdmissionResponse } from '../../src/core/review/encode.ts';
import { settingsOf } from '../../src/engine/engine.ts';
import { largeReviewBytes } from '../../src/server/body.ts';
import type { Capacity } from '../../src/server/capacity.ts';
import { listen, type Listening } from '../../src/server/https-server.ts';
import { createWebhookApp } from '../../src/server/webhook-app.ts';
import type { LargeOutcome } from '../../src/server/workers/large-reviews.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

/** The server's certificate, made once a test file. */
const authority = createAuthority('test-ca');
const certificate = authority.then((ca) =>
  ca.issue({ commonName: 'sallyport', names: ['localhost', '127.0.0.1'], usage: 'server' }),
);

interface Given {
  /** Files of the folder that is the cluster. */
  readonly objects?: Readonly<Record<string, readonly object[]>>;
  /** Configuration besides `apiVersion` and `kind`. */
  readonly configuration?: object;
  /** Instead of the folder. */
  readonly cluster?: Cluster;
  readonly notReady?: () => string | undefined;
  readonly capacity?: Capacity;
  /** Worker threads that run this program of `test/server/workers`. */
  readonly worker?: 'busy' | 'greedy' | 'failing';
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Webhook {
  readonly port: number;
  readonly ca: string;
  /** One line of JSON a decision. */
  readonly logged: string[];
  /** What happened to each large review. */
  readonly outcomes: LargeOutcome[];
  readonly listening: Listening;
  /** Puts a file of objects into the cluster's folder. */
  readonly write: (file: string, objects: readonly object[]) => void;
  /** Any request; POST with JSON unless told otherwise. */
  readonly call: (target: string, options?: CallOptions) => Promise<Answer>;
  readonly validate: (review: object, query?: string) => Promise<AdmissionResponse>;
  readonly mutate: (review: object, query?: string) => Promise<AdmissionResponse>;
  readonly check: (review: object) => Promise<AdmissionResponse>;
  readonly rewrite: (review: object) => Promise<AdmissionResponse>;
  readonly keep: (review: object) => Promise<AdmissionResponse>;
}

interface CallOptions {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | number>>;
}

export function tempFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const asYaml = (objects: readonly object[]): string =>
  objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');

export function configurationWith(settings: object): Configuration {
  const read = readConfiguration({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings });
  if (read.kind === 'invalid') throw new Error(read.problems.map(({ text }) => text).join('\n'));
  return read.configuration;
}

/** Both webhooks over real HTTPS; a folder of YAML is the cluster. Everything is gone when the test is over. */
export async function startWebhook(given: Given = {}): Promise<Webhook> {
  const folder = tempFolder();
  const write = (file: string, objects: readonly object[]) =>
    writeFileSync(path.join(folder, file), asYaml(objects));
  for (const [file, objects] of Object.entries(given.objects ?? {})) write(file, objects);

  const configuration = configurationWith(given.configuration ?? {});
  const logged: string[] = [];
  const outcomes: LargeOutcome[] = [];
  const log = createLog((line) => void logged.push(line));
  const metrics = {
    ...createMetrics(),
    large: (outcome: LargeOutcome) => void outcomes.push(outcome),
  };
  const settings = settingsOf(configuration);
  const app = createWebhookApp({
    settings: () => settings,
    cluster: given.cluster ?? (await folderCluster(folder, (message) => log.warn(message))),
    worker: given.worker
      ? new URL(`../server/workers/${given.worker}.mjs`, import.meta.url)
      : pathToFileURL(inject('worker')),
    log,
    metrics,
    identity: { answersBelow: (prefix) => prefix === '', notReady: given.notReady ?? (() => undefined) },
    capacity: given.capacity,
  });
  onTestFinished(() => app.close());
  const listening = await listen(app.listener, await certificate, '127.0.0.1', 0);
  const ca = (await authority).certificate;
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 32 });
  onTestFinished(async () => {
    agent.destroy();
    await listening.close();
  });

  const call = (target: string, { method = 'POST', body = '', headers }: CallOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: listening.port,
          path: target,
          method,
          agent,
          headers: headers ?? {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
        },
        (res) => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('error', reject);
          res.on('end', () =>
            resolve({
              status: res.statusCode ?? 0,
              headers: res.headers,
              text: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const judge = async (target: string, review: object): Promise<AdmissionResponse> => {
    const body = JSON.stringify(review);
    // On a busy machine a worker thread may take a second to start.
    const patience = body.length > largeReviewBytes && !target.includes('?') ? '?timeout=30s' : '';
    const { status, text } = await call(`${target}${patience}`, { body });
    const answer = JSON.parse(text) as { apiVersion: string; kind: string; response?: AdmissionResponse };
    if (status !== 200 || !answer.response) throw new Error(`${status}: ${text}`);
    return answer.response;
  };
  return {
    port: listening.port,
    ca,
    logged,
    outcomes,
    listening,
    write,
    call,
    validate: (review, query = '') => judge(`/validate${query}`, review),
    mutate: (review, query = '') => judge(`/mutate${query}`, review),
    check: (review) => judge('/check', review),
    rewrite: (review) => judge('/rewrite', review),
    keep: (review) => judge('/keep', review),
  };
}

type Json = Readonly<Record<string, unknown>>;

const plurals: Readonly<Record<string, string>> = {
  GuardrailProvider: 'guardrailproviders',
  ModelConfig: 'modelconfigs',
  MCPRemoteProxy: 'mcpremoteproxies',
  MCPServerEntry: 'mcpserverentries',
  RemoteMCPServer: 'remotemcpservers',
  Agent: 'agents',
  AgentConfig: 'agentconfigs',
  MCPServer: 'mcpservers',
  VirtualMCPServer: 'virtualmcpservers',
  ConfigMap: 'configmaps',
  Task: 'tasks',
  Workspace: 'workspaces',
  Pod: 'pods',
  Job: 'jobs',
  StatefulSet: 'statefulsets',
  Sandbox: 'sandboxes',
};

/** The review the API server sends for an object; `request` replaces parts of it. */
export function reviewOf(object: Json, request: Json = {}): { readonly request: Json } & Json {
  const [first = '', second] = String(object['apiVersion']).split('/');
  const [group, version] = second === undefined ? ['', first] : [first, second];
  const { name = '', namespace = '' } = object['metadata'] as { name?: string; namespace?: string };
  const kind = { group, version, kind: object['kind'] };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'd9b1c9b0-0000-4000-8000-000000000001',
      kind,
      resource: { group, version, resource: plurals[String(object['kind'])] ?? 'unknowns' },
      requestKind: kind,
      name,
      namespace,
      operation: 'CREATE',
      userInfo: { username: 'dev@example.com', groups: ['system:authenticated'] },
      object,
      oldObject: null,
      dryRun: false,
      ...request,
    },
  };
}

export const updateOf = (oldObject: Json, object: Json, request: Json = {}) =>
  reviewOf(object, { operation: 'UPDATE', oldObject, ...request });

const headerFromSecret = {
  addHeadersFromSecret: [
    { headerName: 'Authorization', valueSecretRef: { name: 'github-token', key: 'token' } },
  ],
};

/** A remote server that takes its token from Secret `github-token`. */
export const remoteProxy = (spec: Json = {}, name = 'github') => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPRemoteProxy',
  metadata: { name, namespace: 'team-a' },
  spec: { remoteUrl: 'https://api.example.com/mcp', headerForward: headerFromSecret, ...spec },
});

/** A kagent server; its headers are a list, so they can be moved. */
export const remoteServer = (headersFrom: readonly Json[], name = 'linear') => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { name, namespace: 'team-a' },
  spec: { url: 'https://mcp.linear.example/mcp', headersFrom },
});

export const secret = (name: string, stringData: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'team-a' },
  stringData,
});

export const labelledPod = (servers?: string, metadata: Json = { name: 'agent' }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'team-a',
    labels: { 'sallyport.dev/inject': 'true' },
    ...(servers === undefined ? {} : { annotations: { 'sallyport.dev/servers': servers } }),
    ...metadata,
  },
  spec: { containers: [{ name: 'app', image: 'example.com/agent:1' }] },
});

/** The operations of a patch. */
export const operationsOf = ({ patch = '' }: AdmissionResponse) =>
  JSON.parse(Buffer.from(patch, 'base64').toString()) as readonly {
    op: string;
    path: string;
    value: unknown;
  }[];
