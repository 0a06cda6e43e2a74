import { expect, it } from 'vitest';
import { toPatch } from '../../../src/core/inject/edit.ts';
import { explainPlan } from '../../../src/core/inject/explain.ts';
import { podIn } from '../../../src/core/k8s/pod-template.ts';
import type { Fields } from '../../../src/core/k8s/objects.ts';
import {
  agentConfig,
  injectInto,
  kmcpServer,
  planned,
  podWith,
  remoteProxy,
  remoteServer,
  secret,
  serverConfigMap,
} from './world.ts';

const tenant = remoteProxy(
  'files',
  {},
  { headerForward: { addPlaintextHeaders: { 'X-Tenant-ID': 'acme $1' } } },
);
const ca = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'internal-ca', namespace: 'team-a' },
  data: { 'bundle.pem': 'a CA' },
};
const certByAnnotation = remoteServer(
  'orders',
  { tls: { disableSystemCAs: true } },
  {
    'sallyport.dev/client-tls-secret': 'orders-client',
    'sallyport.dev/ca-configmap': 'internal-ca/bundle.pem',
  },
);
const wholeSecret = agentConfig('tools', [
  {
    name: 'github',
    type: 'http',
    url: 'https://api.example.com/mcp',
    headersFrom: { secretRef: { name: 'headers' } },
  },
  { name: 'linear', type: 'sse', url: 'https://linear.example.com/sse', headers: { 'X-Team': 'a' } },
  { name: 'local', type: 'stdio', command: 'npx' },
]);
const mtls = kmcpServer('search', { tls: { secretRef: 'search-client' }, path: '/v1/mcp' });
const three = remoteProxy('github', {
  Authorization: 'gh/authorization',
  'X-Api-Key': 'gh/api-key',
  'X-Client-Id': 'gh/client-id',
});
const single = remoteProxy('github', { Authorization: 'github-token/token' });

const cronJob: Fields = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'nightly', namespace: 'team-a' },
  spec: {
    schedule: '0 3 * * *',
    jobTemplate: {
      spec: {
        template: {
          ...podWith({ servers: 'mcpremoteproxy/github' }, { restartPolicy: 'Never' }),
          apiVersion: undefined,
          kind: undefined,
        },
      },
    },
  },
};

const existingEnv = [
  { name: 'SALLYPORT_URL_GITHUB', value: 'https://my.own.example.com' },
  { name: 'MCP_URL', value: '$(SALLYPORT_URL_GITHUB)' },
  { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
];

const cases: Readonly<
  Record<string, { pod: Fields; objects: Parameters<typeof injectInto>[1]; settings?: object }>
> = {
  'single-header': { pod: podWith({ servers: 'mcpremoteproxy/github' }), objects: [single] },
  'three-headers-from-one-secret': { pod: podWith({ servers: 'mcpremoteproxy/github' }), objects: [three] },
  'whole-secret-and-several-servers': {
    pod: podWith({ servers: 'agentconfig.kelos.dev/tools' }),
    objects: [wholeSecret],
  },
  'a-config-map-with-everything': {
    pod: podWith({ servers: 'configmap/tickets' }),
    objects: [
      serverConfigMap('tickets', {
        url: 'https://tickets.example.com/mcp',
        transport: 'sse',
        headers: [
          { name: 'Authorization', secretKeyRef: { name: 'gh', key: 'token' }, template: 'Token {value}' },
          { name: 'X-Tenant-ID', value: 'acme', conflict: 'keep' },
          {
            name: 'X-Login',
            basic: {
              username: { secretKeyRef: { name: 'login', key: 'user' } },
              password: { secretKeyRef: { name: 'login', key: 'password' } },
            },
            conflict: 'reject',
          },
        ],
        headersFrom: [{ secretRef: { name: 'more' } }, { secretRef: { name: 'even-more' } }],
        tls: {
          clientSecretRef: { name: 'pair' },
          caConfigMapRef: { name: 'internal-ca', key: 'bundle.pem' },
        },
      }),
      ca,
    ],
  },
  'a-service-account-token': {
    pod: podWith({ servers: 'configmap/search' }),
    objects: [
      serverConfigMap('search', {
        url: 'https://search.example.com/mcp',
        headers: [
          {
            name: 'Authorization',
            serviceAccountToken: { audience: 'https://search.example.com', expirationSeconds: 7200 },
            template: 'Bearer {value}',
          },
        ],
      }),
    ],
    settings: {
      credentials: {
        serviceAccountTokens: [
          {
            audience: 'https://search.example.com',
            namespaces: ['team-a'],
            origins: ['https://search.example.com'],
          },
        ],
      },
    },
  },
  literal: { pod: podWith({ servers: 'MCPRemoteProxy/files' }), objects: [tenant] },
  'client-certificate-and-ca-by-annotation': {
    pod: podWith({ servers: 'rmcps/orders' }),
    objects: [certByAnnotation, ca, secret('orders-client', 'tls.crt', 'tls.key')],
  },
  'client-certificate-by-field-with-ca': {
    pod: podWith({ servers: 'mcpservers.kagent.dev/search' }),
    objects: [mtls, secret('search-client', 'tls.crt', 'tls.key', 'ca.crt')],
  },
  'client-certificate-by-field-without-ca': {
    pod: podWith({ servers: 'mcpservers.kagent.dev/search' }),
    objects: [mtls, secret('search-client', 'tls.crt', 'tls.key')],
  },
  'two-servers-and-an-alias': {
    pod: podWith({
      servers: 'mcpremoteproxy/github, remotemcpserver/orders=shop',
      'proxy-log-level': 'debug',
    }),
    objects: [single, certByAnnotation],
  },
  'some-containers-only': {
    pod: podWith(
      { servers: 'mcpremoteproxy/github', containers: 'worker, prepare' },
      {
        initContainers: [{ name: 'prepare' }, { name: 'other' }],
        containers: [{ name: 'app' }, { name: 'worker' }, { name: 'istio-proxy' }],
      },
    ),
    objects: [single],
  },
  'pinned-and-declared-ports': {
    pod: podWith(
      { servers: 'mcpremoteproxy/github, mcpremoteproxy/files', ports: 'github=20001' },
      { containers: [{ name: 'app', ports: [{ containerPort: 14700 }, { containerPort: 14701 }] }] },
    ),
    objects: [single, tenant],
  },
  'inside-a-cron-job': { pod: podIn(cronJob) ?? {}, objects: [single] },
  'existing-env-with-our-names': {
    pod: podWith(
      { servers: 'mcpremoteproxy/github' },
      { containers: [{ name: 'app', env: existingEnv }, { name: 'null', env: null }, { name: 'none' }] },
    ),
    objects: [single],
  },
  'lists-that-are-null': {
    pod: podWith(
      { servers: 'mcpremoteproxy/github' },
      { initContainers: null, volumes: null, containers: [{ name: 'app', volumeMounts: null, env: [] }] },
    ),
    objects: [single],
  },
  'everything-already-there': {
    pod: podWith(
      { servers: 'mcpremoteproxy/github' },
      {
        initContainers: [{ name: 'istio-init' }, { name: 'prepare', env: [{ name: 'A', value: 'b' }] }],
        volumes: [{ name: 'data', emptyDir: {} }],
        containers: [{ name: 'app', volumeMounts: [{ name: 'data', mountPath: '/var/run' }] }],
      },
    ),
    objects: [single],
  },
};

it.each(Object.entries(cases))('%s is patched as recorded', async (name, { pod, objects, settings }) => {
  const plan = planned(await injectInto(pod, objects, settings));
  await expect(`${JSON.stringify(toPatch(plan.edits), undefined, 2)}\n`).toMatchFileSnapshot(
    `golden/${name}.patch.json`,
  );
  await expect(`${explainPlan(plan).join('\n')}\n`).toMatchFileSnapshot(`golden/${name}.explain.txt`);
});
