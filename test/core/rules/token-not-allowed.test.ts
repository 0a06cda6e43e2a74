import { tokenNotAllowed } from '../../../src/core/rules/token-not-allowed.ts';
import { testRule } from '../../support/rule-tester.ts';
import { allowing, tokenServer } from './resources.ts';

const places = ['data[server.yaml].headers[0].serviceAccountToken.audience'];
const withCa = { tls: { caConfigMapRef: { name: 'internal-ca', key: 'bundle.pem' } } };
const ca = ['data[server.yaml].tls.caConfigMapRef.name'];

const unverified = {
  family: 'ours',
  group: 'tools.example.com',
  kind: 'Toolbox',
  plural: 'toolboxes',
  versions: ['v1'],
  servers: {
    url: '$.spec.url',
    headers: [
      {
        each: '$.spec.token',
        name: "'Authorization'",
        serviceAccountToken: { audience: '@.audience' },
        template: 'Bearer {value}',
      },
    ],
    tls: { unverifiedWhen: '$.spec.insecure' },
  },
};

testRule(tokenNotAllowed, {
  own: [unverified],
  valid: [
    { name: 'a token that an entry allows', resource: tokenServer(), tokens: allowing() },
    {
      name: 'a token that patterns allow',
      resource: tokenServer(),
      tokens: allowing({ audience: 'https://*.example.com', namespaces: ['other', 'to*'] }),
    },
    {
      name: 'an origin with the default port, in another case',
      resource: tokenServer(),
      tokens: allowing({ origins: ['https://API.example.com:443'] }),
    },
    {
      name: 'a CA that the entry names',
      resource: tokenServer({}, withCa),
      tokens: allowing({ cas: ['configmap/internal-ca/bundle.pem'] }),
    },
    { name: 'any CA', resource: tokenServer({}, withCa), tokens: allowing({ cas: ['any'] }) },
    {
      name: 'a CA where the origin that the entry names has no TLS',
      resource: tokenServer({}, { url: 'http://api.example.com/mcp', ...withCa }),
      tokens: allowing({ origins: ['http://api.example.com'] }),
    },
  ],
  invalid: [
    {
      name: 'a token without a configuration',
      resource: tokenServer(),
      places,
      what: 'is not among credentials.serviceAccountTokens of the configuration',
      fix: 'add an entry with audience https://api.example.com, namespace tools and origin https://api.example.com',
    },
    {
      name: 'another audience',
      resource: tokenServer({ audience: 'https://api.example.com/' }),
      tokens: allowing(),
      places,
      what: 'is not among credentials.serviceAccountTokens',
    },
    {
      name: 'another namespace',
      resource: tokenServer(),
      tokens: allowing({ namespaces: ['tools-*'] }),
      places,
      what: 'is not allowed in namespace tools',
    },
    {
      name: 'another origin',
      resource: tokenServer({}, { url: 'https://api.example.org/mcp' }),
      tokens: allowing(),
      places,
      what: 'may not be sent to https://api.example.org',
    },
    {
      name: 'the same host without TLS',
      resource: tokenServer({}, { url: 'http://api.example.com/mcp' }),
      tokens: allowing(),
      places,
      what: 'may not be sent to http://api.example.com',
    },
    {
      name: 'parts that two entries allow',
      resource: tokenServer(),
      tokens: {
        allowed: [
          ...allowing({ origins: ['https://api.example.org'] }).allowed,
          ...allowing({ namespaces: ['other'] }).allowed,
        ],
        apiServerAudiences: [],
      },
      places,
      what: 'may not be sent to https://api.example.com',
    },
    {
      name: 'a CA that the entry does not name',
      resource: tokenServer({}, withCa),
      tokens: allowing({ cas: ['configmap/internal-ca'] }),
      places: ca,
      what: 'may not be sent to a server that ConfigMap tools/internal-ca verifies',
      fix: 'add configmap/internal-ca/bundle.pem to the cas',
    },
    {
      name: 'a certificate that is not verified',
      resource: {
        apiVersion: 'tools.example.com/v1',
        kind: 'Toolbox',
        metadata: { name: 'office', namespace: 'tools' },
        spec: {
          url: 'https://api.example.com/mcp',
          token: { audience: 'https://api.example.com' },
          insecure: true,
        },
      },
      tokens: allowing({ cas: ['any'] }),
      places: ['spec.insecure'],
      what: 'certificate is not verified',
    },
    {
      name: 'an audience of the API server without the advice to allow it',
      resource: tokenServer({ audience: 'https://kubernetes.default.svc' }),
      places,
      fix: "write an audience of the MCP server's own",
    },
  ],
});
