import { urlForbidden } from '../../../src/core/rules/url-forbidden.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, remoteProxy } from './resources.ts';

testRule(urlForbidden, {
  valid: [
    { name: 'a public host', resource: remoteProxy() },
    {
      name: 'loopback where a sidecar may serve',
      resource: agentConfig({ url: 'http://localhost:8080/mcp' }),
    },
  ],
  invalid: [
    {
      name: 'the metadata address',
      resource: remoteProxy({ remoteUrl: 'https://169.254.169.254/mcp' }),
      places: ['spec.remoteUrl'],
      what: 'link-local or metadata address',
    },
    {
      name: 'loopback of the pod that makes the request',
      resource: remoteProxy({ remoteUrl: 'http://127.0.0.1:8080/mcp' }),
      places: ['spec.remoteUrl'],
      what: 'loopback',
    },
  ],
});
