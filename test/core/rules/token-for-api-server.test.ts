import { tokenForApiServer } from '../../../src/core/rules/token-for-api-server.ts';
import { testRule } from '../../support/rule-tester.ts';
import { allowing, tokenServer } from './resources.ts';

const places = ['data[server.yaml].headers[0].serviceAccountToken.audience'];

testRule(tokenForApiServer, {
  valid: [
    { name: 'an audience of the server', resource: tokenServer() },
    {
      name: 'an audience that only begins like one of the API server',
      resource: tokenServer({ audience: 'https://kubernetes.default.svc2.example.com' }),
    },
    {
      name: 'an audience that another configuration lists',
      resource: tokenServer({ audience: 'https://issuer.example.com' }),
      tokens: allowing({}, 'https://other.example.com'),
    },
  ],
  invalid: [
    {
      name: 'an audience that the configuration also allows',
      resource: tokenServer({ audience: 'api' }),
      tokens: allowing({ audience: '*' }),
      places,
      what: "audience api of the token in header Authorization is the API server's own",
    },
    {
      name: 'an audience that the configuration lists as one of the API server',
      resource: tokenServer({ audience: 'https://issuer.example.com/a' }),
      tokens: allowing({}, 'https://issuer.example.com/*'),
      places,
    },
    ...[
      'https://kubernetes.default.svc',
      'https://kubernetes.default.svc.cluster.local',
      'https://kubernetes.default.svc.internal.example.com',
      'https://kubernetes.default',
      'kubernetes',
      'api',
      'k3s',
      'https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF',
      'https://container.googleapis.com/v1/projects/p/locations/l/clusters/c',
      'https://westeurope.oic.prod-aks.azure.com/tenant/id/',
    ].map((audience) => ({ name: audience, resource: tokenServer({ audience }), places })),
  ],
});
