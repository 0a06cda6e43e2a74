import { injectLabel } from '../core/annotations.ts';
import { textAt } from '../core/k8s/objects.ts';
import { bad, good, unknown, type Check, type DoctorClient, type Reply } from './examination.ts';

/** Does somebody answer: asked as any user would, with a dry run of what must be refused. Nothing is stored. */

/** Webhooks are asked about this one, unless the platform took it out. */
const namespace = 'default';
const metadata = { name: 'sallyport-doctor', namespace };

const questions = [
  {
    entry: 'validate-server-configmaps.sallyport.dev',
    path: `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`,
    // A server without a URL.
    body: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...metadata, labels: { 'sallyport.dev/server': 'true' } },
      data: { 'server.yaml': 'url: "https://"\n' },
    },
  },
  {
    entry: 'inject-labelled-pods.sallyport.dev',
    path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
    // Labelled, and it names no servers.
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { [injectLabel]: 'true' } },
      spec: { containers: [{ name: 'app', image: 'sallyport-doctor' }] },
    },
  },
] as const;

export const answers = ({ post }: DoctorClient): Promise<Check[]> =>
  Promise.all(questions.map(async ({ entry, path, body }) => judge(entry, await post(path, body))));

function judge(entry: string, answer: Reply): Check {
  const message = textAt(answer.body, 'message');
  const said = `${message} ${answer.warnings}`;
  if (/\[MCP\d+\]/.test(said)) return good('answers', `${entry} answers`);
  if (message.includes('failed calling webhook') || message.includes('failed to call webhook'))
    return bad('answers', `${entry}: ${reasonOf(message).text}`, reasonOf(message).fix);
  if (answer.code === 403) return unknown('answers', `${entry}: you may not create the object of this check`);
  if (answer.code === 201)
    return bad(
      'answers',
      `${entry} admits what it must deny: the API server does not call it for namespace ${namespace}, or modes are off`,
      "look at the entry's selectors, and at modes in the configuration",
    );
  return unknown('answers', `${entry}: the API server responded with ${answer.code}`);
}

/** In words of ours: the API server's own name the path that nobody should know. */
const reasons: readonly (readonly [RegExp, string, string])[] = [
  [
    /x509|certificate/,
    'the API server does not trust the certificate of the replicas: the CA bundle of the entry does not verify it',
    'Sallyport writes the CA bundle again within seconds; if the error remains, another program also writes it',
  ],
  [/no endpoints available/, 'no replica is ready', 'see replicas above'],
  [/not found/, 'the Service sallyport does not exist', 'install the release again: docs/install.md'],
  [
    /deadline|timeout|refused|unreachable/,
    'the API server cannot reach it',
    'see replicas above; then let it reach port 8443 of the pods (webhook.port in the values): network policies, firewalls of private nodes',
  ],
  [
    /could not find|404/,
    'Sallyport does not serve the path of the entry',
    'Sallyport writes the path again within seconds; if the error remains, another program also writes it',
  ],
];

function reasonOf(message: string): { readonly text: string; readonly fix: string } {
  const found = reasons.find(([pattern]) => pattern.test(message));
  if (found) return { text: found[1], fix: found[2] };
  return { text: 'the API server could not call it', fix: "the API server's log says why" };
}
