import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';

interface Response {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly reason: string; readonly message: string };
  readonly warnings?: readonly string[];
  readonly patch?: string;
}

export interface Webhook {
  readonly url: string;
  readonly caFile: string;
  send(route: 'validate' | 'mutate', review: object): Promise<Response>;
  readonly process: ChildProcess;
}

/** Starts `sallyport serve` as its own process and waits until it listens. */
export async function startWebhook(
  cli: string,
  folder: string,
  cluster: string,
  configuration: string,
): Promise<Webhook> {
  const caFile = path.join(folder, 'ca.crt');
  const args = [
    cli,
    'serve',
    '--cluster',
    cluster,
    '--config',
    configuration,
    '--port',
    '0',
    '--write-ca',
    caFile,
  ];
  // No KUBECONFIG, no HOME: it could not find a real cluster if it tried.
  const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = /listening on (https:\/\/[^"\s]+)"/.exec(output);
      if (match?.[1] !== undefined) resolve(match[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`the webhook server did not start: ${output}`)));
  });
  const ca = readFileSync(caFile);
  return {
    url,
    caFile,
    process: child,
    send: (route, review) => post(`${url}/${route}?timeout=3s`, ca, review),
  };
}

function post(url: string, ca: Buffer, review: object): Promise<Response> {
  const body = JSON.stringify(review);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        ca,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () =>
          resolve((JSON.parse(Buffer.concat(chunks).toString()) as { response: Response }).response),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** The review the API server would send for `kubectl apply` of this object. */
export function createReview(object: KubernetesObject, resource: string): object {
  const slash = object.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : object.apiVersion.slice(0, slash);
  const version = object.apiVersion.slice(slash + 1);
  const kind = { group, version, kind: object.kind };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: randomUUID(),
      kind,
      resource: { group, version, resource },
      requestKind: kind,
      requestResource: { group, version, resource },
      name: object.metadata.name,
      namespace: object.metadata.namespace,
      operation: 'CREATE',
      userInfo: { username: 'you', groups: ['system:authenticated'] },
      object,
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
    },
  };
}
