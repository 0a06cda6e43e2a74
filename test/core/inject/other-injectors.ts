/**
 * Other injectors, as far as they and we can meet in a pod: what each adds, where in the lists, in our own words after
 * their documentation. Each does nothing to a pod that has what it adds, as the real ones do.
 */

type Json = Record<string, unknown>;
export interface Pod extends Json {
  metadata: { labels?: Json; annotations?: Json } & Json;
  spec: { initContainers?: Json[]; containers: Json[]; volumes?: Json[] } & Json;
}

export interface Injector {
  readonly name: string;
  readonly inject: (pod: Pod) => void;
}

const has = (list: readonly Json[] | undefined, name: string): boolean =>
  list?.some((one) => one['name'] === name) ?? false;

function annotate(pod: Pod, key: string, value: string): void {
  pod.metadata.annotations = { ...pod.metadata.annotations, [key]: value };
}
const volume = (pod: Pod, name: string, source: Json): void => {
  if (!has(pod.spec.volumes, name)) pod.spec.volumes = [...(pod.spec.volumes ?? []), { name, ...source }];
};
const mountEverywhere = (name: string, mountPath: string, lists: readonly (Json[] | undefined)[]) => {
  for (const container of lists.flatMap((list) => list ?? []))
    if (!has(container['volumeMounts'] as Json[] | undefined, name))
      container['volumeMounts'] = [
        ...((container['volumeMounts'] as Json[] | undefined) ?? []),
        { name, mountPath, readOnly: true },
      ];
};

/** A classic Istio: an init container that sets up redirection first, and the proxy as an ordinary container first. */
export const istio: Injector = {
  name: 'Istio',
  inject(pod) {
    const { spec } = pod;
    if (!has(spec.initContainers, 'istio-init'))
      spec.initContainers = [
        { name: 'istio-init', image: 'istio/proxyv2', args: ['istio-iptables', '-p', '15001'] },
        ...(spec.initContainers ?? []),
      ];
    if (!has(spec.containers, 'istio-proxy'))
      spec.containers.unshift({
        name: 'istio-proxy',
        image: 'istio/proxyv2',
        ports: [{ containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' }],
        env: [{ name: 'ISTIO_META_APP_CONTAINERS', value: 'app' }],
        volumeMounts: [{ name: 'istio-token', mountPath: '/var/run/secrets/tokens' }],
      });
    volume(pod, 'istio-token', {
      projected: { sources: [{ serviceAccountToken: { path: 'istio-token', audience: 'istio-ca' } }] },
    });
    annotate(pod, 'sidecar.istio.io/status', '{"containers":["istio-proxy"]}');
  },
};

/** A newer Istio: the proxy is a native sidecar and stands first. */
export const istioNative: Injector = {
  name: 'Istio with native sidecars',
  inject(pod) {
    const { spec } = pod;
    const others = (spec.initContainers ?? []).filter(({ name }) => !String(name).startsWith('istio-'));
    // It keeps its own at the front, whatever came in between.
    spec.initContainers = [
      { name: 'istio-validation', image: 'istio/proxyv2' },
      {
        name: 'istio-proxy',
        image: 'istio/proxyv2',
        restartPolicy: 'Always',
        ports: [{ containerPort: 15021 }],
      },
      ...others,
    ];
    annotate(pod, 'sidecar.istio.io/status', '{"initContainers":["istio-validation","istio-proxy"]}');
  },
};

/** Linkerd: network setup last of the init containers, the proxy first of the containers, its identity in a volume. */
export const linkerd: Injector = {
  name: 'Linkerd',
  inject(pod) {
    const { spec } = pod;
    if (!has(spec.initContainers, 'linkerd-init'))
      spec.initContainers = [
        ...(spec.initContainers ?? []),
        {
          name: 'linkerd-init',
          image: 'linkerd/proxy-init',
          args: ['--inbound-ports-to-ignore', '4190,4191'],
        },
      ];
    if (!has(spec.containers, 'linkerd-proxy'))
      spec.containers.unshift({
        name: 'linkerd-proxy',
        image: 'linkerd/proxy',
        ports: [{ containerPort: 4143 }, { containerPort: 4191 }],
        volumeMounts: [{ name: 'linkerd-identity-end-entity', mountPath: '/var/run/linkerd/identity' }],
      });
    volume(pod, 'linkerd-identity-end-entity', { emptyDir: { medium: 'Memory' } });
    annotate(pod, 'linkerd.io/proxy-version', 'edge');
  },
};

/**
 * The Vault agent: an init container first, a container last, and its volume in every container, ours included. It
 * skips a pod that has its status annotation, so a second call does not bring back what we removed from ours.
 */
export const vault: Injector = {
  name: 'Vault',
  inject(pod) {
    const { spec } = pod;
    if (pod.metadata.annotations?.['vault.hashicorp.com/agent-inject-status'] === 'injected') return;
    volume(pod, 'vault-secrets', { emptyDir: { medium: 'Memory' } });
    if (!has(spec.initContainers, 'vault-agent-init'))
      spec.initContainers = [{ name: 'vault-agent-init', image: 'vault' }, ...(spec.initContainers ?? [])];
    if (!has(spec.containers, 'vault-agent')) spec.containers.push({ name: 'vault-agent', image: 'vault' });
    mountEverywhere('vault-secrets', '/vault/secrets', [spec.initContainers, spec.containers]);
    annotate(pod, 'vault.hashicorp.com/agent-inject-status', 'injected');
  },
};

const identity = (name: string, volumeName: string, mountPath: string, variables: Json): Injector => ({
  name,
  inject(pod) {
    const { spec } = pod;
    volume(pod, volumeName, {
      projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'sts.example.com' } }] },
    });
    const all = [...(spec.initContainers ?? []), ...spec.containers];
    for (const container of all)
      for (const [variable, value] of Object.entries(variables)) {
        const env = (container['env'] as Json[] | undefined) ?? [];
        if (!has(env, variable)) container['env'] = [...env, { name: variable, value }];
      }
    mountEverywhere(volumeName, mountPath, [spec.initContainers, spec.containers]);
  },
});

/** IAM roles for service accounts: a token and variables in every container. */
export const aws: Injector = identity(
  'the EKS pod identity webhook',
  'aws-iam-token',
  '/var/run/secrets/eks.amazonaws.com/serviceaccount',
  {
    AWS_STS_REGIONAL_ENDPOINTS: 'regional',
    AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/agent',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
  },
);

export const azure: Injector = identity(
  'Azure workload identity',
  'azure-identity-token',
  '/var/run/secrets/azure/tokens',
  {
    AZURE_CLIENT_ID: 'client',
    AZURE_TENANT_ID: 'tenant',
    AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token',
    AZURE_AUTHORITY_HOST: 'https://login.example.com/',
  },
);

/** An identity webhook of nobody we know: it adds the same to every container each time it is called. */
export const unlisted: Injector = identity(
  'an identity webhook that is not listed',
  'cloud-token',
  '/var/run/secrets/cloud.example.com',
  { CLOUD_ROLE_ARN: 'role/agent' },
);

export const injectors: readonly Injector[] = [istio, istioNative, linkerd, vault, aws, azure];
