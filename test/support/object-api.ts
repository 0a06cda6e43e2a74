import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { fieldsAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { notFound, sendChunked, startApiServer, type Review } from './api-server.ts';
import { tempFolder } from './webhook.ts';

/** An API server that serves these objects, as far as Sallyport reads them. It stores nothing. */

const plurals: ReadonlyMap<string, string> = new Map([
  ...compileKinds().all.map(({ kind, plural }) => [kind, plural] as const),
  ...operatorAdapters.flatMap(({ reads }) => reads.map(({ kind, plural }) => [kind, plural] as const)),
  ...[
    'Pod',
    'Secret',
    'ConfigMap',
    'Namespace',
    'Event',
    'Job',
    'CronJob',
    'StatefulSet',
    'Deployment',
    'DaemonSet',
    'ControllerRevision',
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
    'RoleBinding',
    'ValidatingAdmissionPolicyBinding',
  ].map((kind) => [kind, `${kind.toLowerCase()}s`] as const),
  ['ValidatingAdmissionPolicy', 'validatingadmissionpolicies'],
]);

/** What the authorizer sees of a request. */
export interface AskedRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

interface Given {
  /** Whether the requests of the client are allowed; all are when it is left out. */
  readonly permits?: (right: AskedRight) => boolean;
  /** Responds to other paths, such as the proxy of a pod, and to objects that are sent. */
  readonly other?: (path: string, res: ServerResponse) => boolean;
  /** What a SubjectAccessReview returns. */
  readonly allows?: (review: Review) => boolean;
}

interface ObjectApi {
  readonly config: KubeConfig;
  readonly server: Server;
  /** The right that each request needs, in order. */
  readonly rights: AskedRight[];
  /** Method and path of each request, in order. */
  readonly asked: readonly string[];
  /** A kubeconfig with the context `test`. */
  readonly kubeconfig: string;
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** Method and URL as RBAC names them; `undefined` for a path that is no resource. */
export function rightOf(method: string, url: string): AskedRight | undefined {
  const { pathname, searchParams } = new URL(url, 'https://x');
  const [, core, group, , rest = ''] = /^\/(?:(api)\/v1|apis\/([^/]+)\/([^/]+))\/(.+)$/.exec(pathname) ?? [];
  if (core === undefined && group === undefined) return undefined;
  const parts = rest.split('/');
  const namespaced = parts[0] === 'namespaces' && parts.length > 2;
  const [resource = '', name = '', ...sub] = namespaced ? parts.slice(2) : parts;
  const verb =
    verbs[method] ?? (name !== '' ? 'get' : searchParams.get('watch') === 'true' ? 'watch' : 'list');
  return {
    verb,
    group: group ?? '',
    resource: [resource, ...sub.slice(0, 1)].join('/'),
    namespace: namespaced ? (parts[1] ?? '') : '',
    name: name.split(':')[0] ?? '',
  };
}

export async function startObjectApi(objects: readonly object[], given: Given = {}): Promise<ObjectApi> {
  const stored = objects.map((object) => asStored(object as Fields));
  const rights: AskedRight[] = [];
  const events = new Set<string | undefined>();
  const { config, server, asked } = await startApiServer(
    (req, res) => {
      const right = rightOf(req.method ?? '', req.url ?? '');
      if (right) rights.push(right);
      if (right && given.permits?.(right) === false) return refuse(res, right);
      respond(req, res, right);
    },
    (review, res) => {
      const right = rightOf('POST', res.req.url ?? '');
      if (right) rights.push(right);
      if (given.other?.(new URL(res.req.url ?? '', 'https://x').pathname, res) === true) return 'answered';
      const { kind, metadata } = review as unknown as { kind?: string; metadata?: { name?: string } };
      if (kind === 'Event' && events.has(metadata?.name)) {
        sendChunked(res, 409, { kind: 'Status', code: 409 });
        return 'answered';
      }
      if (kind === 'Event') events.add(metadata?.name);
      return given.allows?.(review) ?? true;
    },
  );

  function respond(req: IncomingMessage, res: ServerResponse, right: AskedRight | undefined): void {
    const { pathname, searchParams } = new URL(req.url ?? '', 'https://x');
    if (given.other?.(pathname, res) === true) return;
    if (pathname === '/version') return sendChunked(res, 200, { gitVersion: 'v1.34.4' });
    if (!right) return notFound(res);
    if (right.verb === 'watch') return void res.writeHead(200).end();
    if (right.verb === 'update') return sendChunked(res, 200, {});
    // Leases are not stored, so a program that reports in one creates it next.
    if (right.verb === 'patch')
      return right.resource === 'leases' ? notFound(res) : sendChunked(res, 200, {});
    const of = stored.filter(
      ({ root, plural, object }) =>
        pathname.startsWith(`${root}/`) &&
        plural === right.resource &&
        (right.namespace === '' || textAt(fieldsAt(object, 'metadata'), 'namespace') === right.namespace),
    );
    const named = of.find(({ object }) => textAt(fieldsAt(object, 'metadata'), 'name') === right.name);
    if (right.verb === 'get') return named ? sendChunked(res, 200, named.object) : notFound(res);
    const items = of
      .map(({ object }) => object)
      .filter((object) => matches(object, searchParams.get('labelSelector')))
      // A list leaves out what its items are.
      .map(({ kind: _kind, apiVersion: _version, ...object }) =>
        String(req.headers.accept).includes('PartialObjectMetadataList')
          ? { metadata: fieldsAt(object, 'metadata') }
          : object,
      );
    sendChunked(res, 200, { metadata: { resourceVersion: '7' }, items });
  }

  const kubeconfig = path.join(tempFolder(), 'kubeconfig');
  writeFileSync(kubeconfig, config.exportConfig());
  return { config, server, rights, asked, kubeconfig };
}

interface Stored {
  readonly root: string;
  readonly plural: string;
  readonly object: Fields;
}

function asStored(object: Fields): Stored {
  const { group, version } = splitApiVersion(textAt(object, 'apiVersion'));
  const { stringData, ...rest } = object;
  const data = Object.entries((stringData ?? {}) as Record<string, string>).map(
    ([key, value]) => [key, Buffer.from(value).toString('base64')] as const,
  );
  return {
    root: group === '' ? `/api/${version}` : `/apis/${group}/${version}`,
    plural: plurals.get(textAt(object, 'kind')) ?? 'unknowns',
    object: stringData === undefined ? object : { ...rest, data: Object.fromEntries(data) },
  };
}

/** `a=b,c!=d`, which is all that is asked for. */
function matches(object: Fields, selector: string | null): boolean {
  const labels = fieldsAt(fieldsAt(object, 'metadata'), 'labels');
  return (selector ?? '')
    .split(',')
    .filter((one) => one !== '')
    .every((one) => {
      const [, key = '', not, value] = /^([^!=]+)(!?)=(.*)$/.exec(one) ?? [];
      return (labels[key] === value) === (not === '');
    });
}

/** As the API server of Kubernetes 1.34 writes it. */
function refuse(res: ServerResponse, { verb, group, resource, namespace, name }: AskedRight): void {
  sendChunked(res, 403, {
    kind: 'Status',
    status: 'Failure',
    reason: 'Forbidden',
    code: 403,
    message: `${resource}.${group} "${name}" is forbidden: User "system:serviceaccount:sallyport-system:somebody" cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`,
  });
}
