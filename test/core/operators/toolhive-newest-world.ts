import type { Fields } from '../../../src/core/k8s/objects.ts';
import {
  configMap,
  manifestVariable,
  proxyEnv,
  proxyPod,
  provider,
  remoteProxy,
  secretVariable,
  upstream,
  vmcpPod,
} from './toolhive-world.ts';

/**
 * What the operator of ToolHive v0.63.0 makes beside what v0.44.0 made, in our own words. The names of keys, files and
 * volumes are those of pkg/runner/config.go, pkg/authserver/config.go, pkg/vmcp/config/config.go and
 * cmd/thv-operator/pkg/controllerutil.
 */

/** As the operator indents it, with keys that v0.44.0 does not know and one that no release knows. */
export const newestRunconfig = `{
  "schema_version": "v0.1.0",
  "mcpserver_generation": 9007199254740993,
  "image": "",
  "remote_url": "${upstream}",
  "name": "github",
  "container_name": "github",
  "base_name": "github",
  "transport": "streamable-http",
  "host": "0.0.0.0",
  "port": 8080,
  "allowed_origins": [
    "https://console.example.com"
  ],
  "permission_profile": {
    "network": {
      "outbound": {
        "insecure_allow_all": true
      }
    }
  },
  "strict_protocol_validation": true,
  "session_ttl": "2h",
  "max_request_body_size": 1048576,
  "proxy_read_timeout": "45s",
  "proxy_mode": "streamable-http",
  "middleware_configs": [
    {
      "type": "bodylimit",
      "parameters": {
        "max_bytes": 1048576
      }
    },
    {
      "type": "header-forward",
      "parameters": {
        "add_headers": {
          "X-Tenant": "acme"
        }
      }
    },
    {
      "type": "recovery",
      "parameters": null
    }
  ],
  "additional_middleware_configs": [
    {
      "type": "obo",
      "parameters": {
        "resource": "${upstream}"
      }
    }
  ],
  "header_forward": {
    "add_plaintext_headers": {
      "X-Tenant": "acme"
    },
    "add_headers_from_secret": {
      "Authorization": "HEADER_FORWARD_AUTHORIZATION_GITHUB"
    }
  },
  "embedded_auth_server_config": {
    "schema_version": "v0.1.0",
    "issuer": "https://auth.example.com",
    "upstreams": [],
    "allowed_audiences": [
      "https://mcp.example.com"
    ],
    "trusted_issuers": [
      {
        "issuer_url": "https://issuer.example.com",
        "expected_audience": "github",
        "ca_cert_file": "/etc/toolhive/authserver/issuer-ca/0/ca.crt"
      }
    ],
    "tls_listener": {
      "cert_file": "/etc/toolhive/authserver/tls/tls.crt",
      "key_file": "/etc/toolhive/authserver/tls/tls.key"
    },
    "registration_rate_limit": {
      "requests_per_second": 2.50,
      "burst": 5
    }
  },
  "scaling_config": {
    "session_redis": {
      "address": "redis.team-a.svc:6379",
      "key_prefix": "thv\\u003agithub",
      "tls": {
        "caCertFile": "/etc/toolhive/session-redis-tls/ca.crt"
      }
    }
  },
  "a_key_of_a_later_release": {
    "remote_url": "${upstream}",
    "10": null,
    "9": []
  }
}`;

const redisPassword = {
  name: 'THV_SESSION_REDIS_PASSWORD',
  valueFrom: { secretKeyRef: { name: 'redis', key: 'password' } },
};

/** Mounted one file at a time, which no release before did. */
const redisCa = {
  volume: {
    name: 'session-redis-tls-ca',
    secret: { secretName: 'redis-ca', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
  },
  mount: {
    name: 'session-redis-tls-ca',
    mountPath: '/etc/toolhive/session-redis-tls/ca.crt',
    subPath: 'ca.crt',
    readOnly: true,
  },
};

const listenerTls = {
  volume: {
    name: 'authserver-tls-listener',
    projected: {
      defaultMode: 256,
      sources: [
        { secret: { name: 'auth-tls', items: [{ key: 'tls.crt', path: 'tls.crt' }] } },
        { secret: { name: 'auth-tls-key', items: [{ key: 'tls.key', path: 'tls.key' }] } },
      ],
    },
  },
  mount: { name: 'authserver-tls-listener', mountPath: '/etc/toolhive/authserver/tls', readOnly: true },
};

const issuerCa = {
  volume: { name: 'authserver-issuer-ca-0', configMap: { name: 'issuer-ca' } },
  mount: {
    name: 'authserver-issuer-ca-0',
    mountPath: '/etc/toolhive/authserver/issuer-ca/0/ca.crt',
    subPath: 'ca.crt',
    readOnly: true,
  },
};

const files = [redisCa, listenerTls, issuerCa] as const;

/** The pod of an MCPRemoteProxy with sessions in Redis and an authorization server that listens with TLS. */
export const newestProxyPod = (metadata: object = {}): Fields =>
  proxyPod({
    metadata: {
      annotations: {
        'toolhive.stacklok.dev/runconfig-checksum': '5f1e',
        'toolhive.stacklok.dev/authserver-ca-checksum': '0c77',
      },
      ...metadata,
    },
    env: [...proxyEnv, redisPassword],
    spec: {
      volumes: [
        { name: 'runconfig', configMap: { name: 'github-runconfig' } },
        ...files.map(({ volume }) => volume),
      ],
    },
    container: {
      args: ['run', '--foreground=true', 'placeholder-for-remote-proxy'],
      startupProbe: { httpGet: { path: '/health', port: 'http' }, failureThreshold: 18 },
      volumeMounts: [
        { name: 'runconfig', readOnly: true, mountPath: '/etc/runconfig' },
        ...files.map(({ mount }) => mount),
      ],
    },
  });

export const newestProxy: Fields = remoteProxy({
  authServerRef: { kind: 'MCPExternalAuthConfig', name: 'auth' },
  sessionStorage: {
    provider: 'redis',
    address: 'redis.team-a.svc:6379',
    passwordRef: { name: 'redis', key: 'password' },
    tls: { caCertSecretRef: { name: 'redis-ca', key: 'ca.crt' } },
  },
});

export const newestRunconfigMap = configMap('github-runconfig', { 'runconfig.json': newestRunconfig });

/** A static VirtualMCPServer: backends without `workload_status`, sessions in Redis over TLS. */
export const newestVmcpConfig = `name: v1
groupRef: g1
backends:
    - name: local
      url: http://mcp-local-proxy.team-a.svc.cluster.local:8080
      transport: streamable-http
      metadata:
        group: g1
        workload_type: mcp_server
    - name: entry1
      url: ${upstream}
      transport: streamable-http
      caBundlePath: /etc/toolhive/ca-bundles/entry1/ca.crt
      metadata:
        group: g1
        remote_url: ${upstream}
        workload_type: server_entry
      a_key_of_a_later_release: [1, 2.50]
outgoingAuth:
    source: inline
sessionStorage:
    provider: redis
    address: redis.team-a.svc:6379
    tls:
        caCertFile: /etc/toolhive/session-redis-tls/ca.crt
a_section_of_a_later_release: {remote: "yes"}
`;

export const newestVmcpConfigMap = configMap('v1-vmcp-config', {
  'config.yaml': newestVmcpConfig,
  'authserver-config.yaml': 'issuer: https://auth.example.com\n',
});

/** Secrets of auth configurations that workloads refer to are in the pod in static mode too. */
const workloadAuth = {
  name: 'TOOLHIVE_SECRET_LOCAL_AUTH',
  valueFrom: { secretKeyRef: { name: 'local-auth', key: 'value' } },
};

export const newestVmcpPod = (): Fields =>
  vmcpPod({
    env: [
      { name: 'VMCP_NAME', value: 'v1' },
      { name: 'VMCP_NAMESPACE', value: 'team-a' },
      manifestVariable('ENTRY1', {
        addPlaintextHeaders: { 'X-Tenant': 'acme' },
        addHeadersFromSecret: { 'X-Api-Key': 'HEADER_FORWARD_X_API_KEY_ENTRY1' },
      }),
      secretVariable('X_API_KEY', 'ENTRY1'),
      workloadAuth,
      redisPassword,
      provider,
    ],
    spec: {
      volumes: [{ name: 'vmcp-config', configMap: { name: 'v1-vmcp-config' } }, redisCa.volume],
    },
    container: {
      volumeMounts: [{ name: 'vmcp-config', readOnly: true, mountPath: '/etc/vmcp-config' }, redisCa.mount],
    },
  });
