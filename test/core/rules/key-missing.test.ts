import { keyMissing } from '../../../src/core/rules/key-missing.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, fromSecret, remoteProxy, secret } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(keyMissing, {
  valid: [
    { name: 'a key that the Secret has', resource: uses, cluster: [secret()] },
    { name: 'what MCP201 reports already', resource: uses },
  ],
  invalid: [
    {
      name: 'a key that the Secret does not have',
      resource: uses,
      cluster: [secret('github', { password: 'x' })],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.key'],
      what: 'Secret tools/github has no key "token"',
      fix: 'add this key under stringData with the whole header value, such as Bearer TOKEN: kubectl -n tools edit secret github',
    },
    {
      name: 'a whole Secret without keys',
      resource: agentConfig({ headersFrom: { secretRef: { name: 'github' } } }),
      cluster: [secret('github', {})],
      places: ['spec.mcpServers[0].headersFrom.secretRef.name'],
      what: 'Secret tools/github has no keys',
    },
  ],
});
